/** Waits until what is on the log now has gone through the sink: what is deleted then is not written behind our back. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Kafka } from '#infra/kafka/port.ts';
import { topicName } from '#infra/topics.ts';
import { byTable } from '../projections/projection.ts';
import { PROJECTIONS } from '../projections/registry.ts';
import { groupOf } from '../sink.ts';

const ASK_EVERY_MS = 500;

export interface SettleOptions {
  readonly kafka: Kafka;
  readonly prefix: string;
  readonly withinMs: number;
  readonly signal: AbortSignal;
  /** Records that are still to be stored. */
  readonly onWaiting: (records: number) => void;
}

/** Records that the sink had not stored when the time was up: 0 when it has them all. */
export async function settle({ kafka, prefix, withinMs, signal, onWaiting }: SettleOptions): Promise<number> {
  const wanted = await Promise.all(
    PROJECTIONS.map(async (each) => {
      const projection = byTable(each);
      const topic = topicName(projection.topic, prefix);
      return { topic, group: groupOf(projection, prefix), ends: await kafka.offsets(topic) };
    }),
  );
  const deadline = performance.now() + withinMs;
  for (;;) {
    let missing = 0;
    for (const { topic, group, ends } of wanted) {
      const committed = new Map(
        (await kafka.committed(group, topic)).map((each) => [each.partition, each.offset]),
      );
      for (const { partition, earliest, latest } of ends)
        missing += Math.max(0, latest - Math.max(earliest, committed.get(partition) ?? 0));
    }
    if (missing === 0 || signal.aborted || performance.now() > deadline) return missing;
    onWaiting(missing);
    await wait(ASK_EVERY_MS);
  }
}
