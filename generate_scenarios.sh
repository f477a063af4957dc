#!/usr/bin/env bash
# Pick a mesh, a scenario and its parameters, and watch its incident arrive. --help says more.
cd "$(dirname "$0")" || exit 1
[ -x node_modules/.bin/node ] || { echo "npm ci first: node_modules is not there" >&2; exit 1; }
exec node_modules/.bin/node scenarios/generate/main.ts "$@"
