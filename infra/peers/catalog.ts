/** The real tools that tests and benchmarks run ATI against, each pinned: built once by `npm run peers`. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export const PEER_NAMES = ['otelcol', 'k6', 'toxiproxy', 'python'] as const;
export type PeerName = (typeof PEER_NAMES)[number];

/** How a peer is made: out of the Go module proxy, or out of the Python package index. */
export type Recipe =
  /** `go install module@version`; the program is named like the last part of the module. */
  | { readonly by: 'install'; readonly module: string }
  /** The Collector's own builder, with this configuration; its `dist.name` is the name of the peer. */
  | { readonly by: 'collector-builder'; readonly config: URL }
  /** A virtual environment of the machine's Python with these requirements. */
  | { readonly by: 'venv'; readonly config: URL };

export interface Peer {
  readonly title: string;
  readonly version: string;
  readonly recipe: Recipe;
  /** Of a first build on two cores, for the progress line. */
  readonly takes: string;
}

export const PEERS: Readonly<Record<PeerName, Peer>> = {
  otelcol: {
    title: 'OpenTelemetry Collector',
    version: 'v0.161.0',
    recipe: {
      by: 'collector-builder',
      config: new URL('../otel-collector/builder-config.yaml', import.meta.url),
    },
    takes: 'about three minutes',
  },
  k6: {
    title: 'k6',
    version: 'v1.8.1',
    recipe: { by: 'install', module: 'go.k6.io/k6' },
    takes: 'about a minute and a half',
  },
  toxiproxy: {
    title: 'Toxiproxy',
    version: 'v2.12.0',
    recipe: { by: 'install', module: 'github.com/Shopify/toxiproxy/v2/cmd/server' },
    takes: 'about ten seconds',
  },
  python: {
    title: 'Python with a Kafka client and Avro',
    version: 'v1',
    recipe: {
      by: 'venv',
      config: new URL('../../sinks/consumers/python/requirements.txt', import.meta.url),
    },
    takes: 'about a quarter of a minute',
  },
};

/** What the machine must have for it. */
export const needs = (name: PeerName): string => (PEERS[name].recipe.by === 'venv' ? 'Python 3.9' : 'Go');

/** Names one build of a peer: its version, and what else it is made of. Another one is built anew. */
export function buildId(name: PeerName): string {
  const { version, recipe } = PEERS[name];
  if (recipe.by === 'install') return `${name}-${version}`;
  const digest = createHash('sha256').update(readFileSync(recipe.config)).digest('hex');
  return `${name}-${version}-${digest.slice(0, 12)}`;
}
