#!/usr/bin/env bash
# Is a running installation healthy, and does it find what it must? --help says more.
cd "$(dirname "$0")" || exit 1
[ -x node_modules/.bin/node ] || { echo "npm ci first: node_modules is not there" >&2; exit 1; }
exec node_modules/.bin/node scenarios/sanity/main.ts "$@"
