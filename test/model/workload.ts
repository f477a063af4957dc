/** What happens in a run of the model: failing and healthy traces, late and lost spans, bytes that nobody can read. */
import { chainTrace, fanoutTrace, retryTrace } from '#processors/detectors/testkit.ts';
import { exportsOf, merged } from '#processors/testing/exports.ts';
import type { PlacedBatch } from '#processors/testing/pipeline.ts';
import type { TestSpan } from '#processors/trace/testkit.ts';
import { Random, seedBytes } from '#producers/agents/virtual/random.ts';
import { encode } from '#schemas/codec.ts';
import { START_UNIX_MS } from './world.ts';

const TICK_MS = 2_500;
/** All traces begin within so long, ms; the ticks go on until every window has closed. */
const SPREAD_MS = 20_000;
const TAIL_MS = 60_000;
const HOUR_MS = 3_600_000;

export interface SpanRecord {
  /** Unix ms, as the broker stamps it. */
  readonly timestamp: number;
  readonly value: Uint8Array;
}

export interface Workload {
  /** ati.spans by partition. */
  readonly spans: readonly (readonly SpanRecord[])[];
}

const KINDS: readonly (() => TestSpan[])[] = [
  () => fanoutTrace({ fanout: 12, concurrency: 3 }),
  () => retryTrace(0.4, { fanout: 12, concurrency: 12 }),
  () => chainTrace({ depth: 20 }),
  () => fanoutTrace({ fanout: 4, concurrency: 4 }),
];

/** Exports of traces, in the order of their arrival. */
export function exportsFor(seed: number, partitions: number): PlacedBatch[] {
  const random = new Random(seedBytes('crash points', seed));
  const traces = [0, 1, 2, 3, 0, 1].map((kind, n) => {
    const startMs = START_UNIX_MS + Math.floor(random.between(0, SPREAD_MS));
    const tenant = n === 5 ? 'other' : 'default';
    const spans = KINDS[kind]();
    const exported = (given: readonly TestSpan[], laterMs = 0) =>
      exportsOf(given, { trace: `${seed} ${n}`, startMs, partitions, everyMs: 500, tenant }).map((each) => ({
        ...each,
        batch: { ...each.batch, receivedAt: each.batch.receivedAt + laterMs },
      }));
    // A span that comes late re-opens the trace; one that comes much later finds it closed; one trace has no root.
    if (n === 0)
      return [
        ...exported(spans.slice(2)),
        ...exported(spans.slice(1, 2), 4_000),
        ...exported(spans.slice(0, 1), 12_000),
      ];
    if (n === 4) return exported(spans.filter((span) => span.parent !== undefined));
    return exported(spans);
  });
  return merged(...traces);
}

const made = new Map<string, Workload>();

/** ati.spans as the ingest and the ticker would have written it; made once. */
export function workloadOf(seed: number, partitions: number): Workload {
  const key = `${seed} ${partitions}`;
  const workload = made.get(key) ?? make(seed, partitions);
  made.set(key, workload);
  return workload;
}

function make(seed: number, partitions: number): Workload {
  const exported = exportsFor(seed, partitions);
  const end = START_UNIX_MS + SPREAD_MS + TAIL_MS;
  const spans = Array.from({ length: partitions }, (_, partition) => {
    const batches = exported.filter((each) => each.partition === partition).map(({ batch }) => batch);
    const ticks = [];
    for (let at = START_UNIX_MS; at <= end; at += TICK_MS) ticks.push(at);
    // An hour without traffic: what is open is over.
    ticks.push(end + HOUR_MS, end + HOUR_MS + 30_000);
    for (const receivedAt of ticks)
      batches.push({ tenant: '', receivedAt, spanCount: 0, otlp: new Uint8Array() });
    const records = batches
      .sort((a, b) => a.receivedAt - b.receivedAt)
      .map((batch) => ({ timestamp: batch.receivedAt, value: encode('SpanBatch', batch) }));
    const junk = { timestamp: START_UNIX_MS, value: Buffer.from('nothing that Avro knows') };
    return partition === 0 ? [...records.slice(0, 9), junk, ...records.slice(9)] : records;
  });
  return { spans };
}
