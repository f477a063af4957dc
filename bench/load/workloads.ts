/** What the doors are measured with: the usual export, and the ones that do not suit us. */
import type { LoadOptions } from './load.ts';

export interface Workload {
  /** Stable: part of the key of a baseline. */
  readonly name: string;
  readonly load: Pick<
    LoadOptions,
    'spans' | 'spansPerTrace' | 'attributes' | 'encoding' | 'gzip' | 'connections'
  >;
  /** Requests that are measured, after half as many that warm up; promised ratios: after so many that V8 compiles little more. */
  readonly requests: number;
  /** As many in a quick run; undefined: not in it. */
  readonly quick?: number;
}

const usual: Workload['load'] = {
  spans: 512,
  spansPerTrace: 25,
  attributes: 'agents',
  encoding: 'protobuf',
  gzip: false,
  connections: 4,
};

export const USUAL: Workload = { name: '512 spans a request', load: usual, requests: 1_600, quick: 800 };
export const ONE_SPAN: Workload = {
  name: 'one span a request',
  load: { ...usual, spans: 1 },
  requests: 40_000,
  quick: 8_000,
};

export const WORKLOADS: readonly Workload[] = [
  USUAL,
  ONE_SPAN,
  { name: 'gzip bodies', load: { ...usual, gzip: true }, requests: 400 },
  { name: 'OTLP JSON', load: { ...usual, encoding: 'json' }, requests: 400 },
  { name: 'a trace of 10,000 spans', load: { ...usual, spans: 10_000, spansPerTrace: 10_000 }, requests: 20 },
  { name: '500 attribute keys', load: { ...usual, attributes: 'many keys' }, requests: 400 },
  { name: 'arguments to hash', load: { ...usual, attributes: 'arguments' }, requests: 400 },
];
