/** What `npm run outage` is asked for. */
import type { BrokerKind } from './cores.ts';
import type { FlatBound } from './flat.ts';

export const TARGETS = ['clickhouse', 'broker', 'network'] as const;
export type Target = (typeof TARGETS)[number];

export interface OutageOptions {
  readonly minutes: number;
  /** Of the targets `broker` and `network`. */
  readonly broker: BrokerKind;
  /** Traces a second, about 50 spans each. */
  readonly rate: number;
  /** Seconds of load before what is measured. */
  readonly warmUpS: number;
  readonly slopes: { readonly rss: FlatBound; readonly heap: FlatBound };
  /** Of the installation. */
  readonly env: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

/** Buffers of a tenth: a minute shows with them what ten minutes show with the whole. */
const TENTH = {
  ATI_SINK_BATCH_ROWS: '1000',
  ATI_SINK_BATCH_BYTES: String(Math.round((16 << 20) / 10)),
  ATI_SINK_TIMEOUT_MS: '5000',
  ATI_MAX_IN_FLIGHT_BYTES: String((64 << 20) / 8),
  KAFKA_REQUEST_TIMEOUT_MS: '8000',
};

const MINUTES: Readonly<Record<Target, { quick: number; whole: number }>> = {
  clickhouse: { quick: 1, whole: 10 },
  broker: { quick: 0.4, whole: 10 },
  network: { quick: 0.08, whole: 0.2 },
};

export interface Asked {
  readonly quick: boolean;
  readonly minutes?: number;
  readonly rate: number;
  readonly broker: BrokerKind;
}

/** V8 lets its young generation grow by some 32 MiB when more is allocated than before: a step, which is no slope. */
const SLOPES = { rss: { perMinute: 1.5, least: 40 }, heap: { perMinute: 1, least: 10 } };
const QUICK_SLOPES = { rss: { perMinute: 8, least: 8 }, heap: { perMinute: 8, least: 8 } };

/**
 * The bounds: a sink that kept what it reads would grow by what comes in, some 40 MiB a minute at ten traces a second. Of a
 * minute less can be said than of ten.
 */
export function optionsOf(target: Target, asked: Asked, say: (line: string) => void): OutageOptions {
  const { quick, rate, broker } = asked;
  return {
    minutes: asked.minutes ?? MINUTES[target][quick ? 'quick' : 'whole'],
    rate,
    broker,
    warmUpS: quick ? 6 : 45,
    slopes: quick ? QUICK_SLOPES : SLOPES,
    env: quick ? TENTH : {},
    say: (line) => say(`${target}: ${line}`),
  };
}
