import { metrics } from '#infra/metrics.ts';
import type { FindingKind } from '#schemas/events.ts';
import type { Stage1Result } from '../assembly/protocol.ts';
import type { AssemblyLane } from './assembly-lane.ts';

/** Counts a result of stage 1; `topic`: the name of ati.spans on the broker. Replays count again what they do again. */
export function reportStage1(topic: string, lane: AssemblyLane, { stats }: Stage1Result): void {
  const labels = { topic, partition: String(lane.partition) };
  metrics.openTraces.set({ partition: labels.partition }, lane.openTraces);
  metrics.floorAge.set(labels, lane.clock - lane.floorClock);
  metrics.tracesClosed.inc({ why: 'complete' }, Math.max(0, stats.closed - stats.partial));
  metrics.tracesClosed.inc({ why: 'partial' }, stats.partial - stats.oversized);
  metrics.tracesClosed.inc({ why: 'too large' }, stats.oversized);
  metrics.spansLate.inc(stats.late);
  for (const [kind, count] of Object.entries(stats.findings) as [FindingKind, number][])
    metrics.findings.inc({ kind }, count);
}
