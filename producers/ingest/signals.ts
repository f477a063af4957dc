/** The three signals of OTLP, and in what their ways to the log differ. */
import type { TopicKey } from '#infra/topics.ts';

export type Signal = 'traces' | 'metrics' | 'logs';

interface SignalFacts {
  readonly path: string;
  readonly topic: TopicKey;
  /** What an export of it consists of. */
  readonly items: string;
  /** Of its partial success in JSON: how many items were rejected. */
  readonly rejectedField: string;
}

export const SIGNALS: Readonly<Record<Signal, SignalFacts>> = {
  traces: { path: '/v1/traces', topic: 'spans', items: 'spans', rejectedField: 'rejectedSpans' },
  metrics: {
    path: '/v1/metrics',
    topic: 'telemetry',
    items: 'data points',
    rejectedField: 'rejectedDataPoints',
  },
  logs: {
    path: '/v1/logs',
    topic: 'telemetry',
    items: 'log records',
    rejectedField: 'rejectedLogRecords',
  },
};

/** One of each signal. */
export type BySignal<T> = Readonly<Record<Signal, T>>;

/** Makes one of each. */
export function bySignal<T>(make: (signal: Signal) => T): BySignal<T> {
  return { traces: make('traces'), metrics: make('metrics'), logs: make('logs') };
}
