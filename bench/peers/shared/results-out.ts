import type { ClockMark, Signal, TraceSummary } from '#schemas/events.ts';
import { signalKey, signalPartition } from '#schemas/signal-key.ts';
import type { PeerContext } from './context.ts';
import type { Format } from './format.ts';
import type { Outgoing } from './kafka.ts';

/** The records of what assembly told of a partition. */
export function recordsOf(
  { topics, partitions }: Pick<PeerContext, 'topics' | 'partitions'>,
  format: Format,
  partition: number,
  told: { readonly summaries: readonly TraceSummary[]; readonly signals: readonly (Signal | ClockMark)[] },
): Outgoing[] {
  const records = told.summaries.map(
    (summary): Outgoing => ({
      topic: topics.traces,
      partition,
      key: summary.traceId,
      value: format.encode('TraceSummary', summary),
    }),
  );
  for (const signal of told.signals) {
    if ('traceId' in signal) {
      const value = format.encode('Signal', signal);
      const to = signalPartition(signal, partitions);
      records.push({ topic: topics.signals, partition: to, key: signalKey(signal), value });
      continue;
    }
    // Every partition of signals is told how far this source has come.
    const value = format.encode('ClockMark', signal);
    for (let to = 0; to < partitions; to++)
      records.push({ topic: topics.signals, partition: to, key: null, value });
  }
  return records;
}
