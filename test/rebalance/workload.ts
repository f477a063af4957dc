/** ati.spans for a run with rebalances: traces that fail, in three parts, the last of which leaves traces and windows open. */
import { chainTrace, fanoutTrace, retryTrace } from '#processors/detectors/testkit.ts';
import { exportsOf, merged } from '#processors/testing/exports.ts';
import type { PlacedBatch } from '#processors/testing/pipeline.ts';
import type { TestSpan } from '#processors/trace/testkit.ts';

export const PARTITIONS = 3;
/** The quiet gap is longer than the pauses between a trace's exports, so a trace closes once. */
const EXPORT_MS = 1_000;
const PART_MS = 40_000;
const TRACES_OF_A_PART = 9;

const KINDS: readonly (() => TestSpan[])[] = [
  () => retryTrace(0.2),
  () => fanoutTrace(),
  () => chainTrace({ depth: 24 }),
];

export interface Part {
  readonly batches: readonly PlacedBatch[];
  /** The clock of every partition at its end, unix ms. */
  readonly endMs: number;
}

/** Part `n` (0, 1, 2 …) of a log that begins at `startMs`; each ends with a tick in every partition. */
export function partOf(n: number, startMs: number): Part {
  const begin = startMs + n * PART_MS;
  const traces = Array.from({ length: TRACES_OF_A_PART }, (_, i) => {
    const spans = KINDS[i % KINDS.length]();
    // Some have no root yet, and are open however long their last span was ago; the last ones have just come.
    const sent = i % 4 === 3 ? spans.filter(({ parent }) => parent !== undefined) : spans;
    const at = begin + Math.floor((i * PART_MS) / TRACES_OF_A_PART);
    return exportsOf(sent, {
      trace: `part ${n} trace ${i}`,
      startMs: at,
      partitions: PARTITIONS,
      everyMs: EXPORT_MS,
    });
  });
  const batches = merged(...traces);
  const endMs = Math.max(begin + PART_MS, ...batches.map(({ batch }) => batch.receivedAt));
  return { batches: [...batches, ...ticksAt(endMs)], endMs };
}

export function ticksAt(receivedAt: number): PlacedBatch[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => ({
    partition,
    batch: { tenant: '', receivedAt, spanCount: 0, otlp: new Uint8Array() },
  }));
}
