import type { KafkaRecord } from '../port.ts';
import type { Cluster } from './kafkajs-internals.ts';
import { toRecord } from './records.ts';

const FETCH_BYTES = 4 << 20;
const READ_COMMITTED = 1;

/** Reads a partition's records from `from` up to `to` (exclusive), outside any group. */
export async function* readPartition(
  cluster: Cluster,
  topic: string,
  partition: number,
  from: number,
  to: number,
): AsyncGenerator<KafkaRecord> {
  await cluster.addTargetTopic(topic);
  const leader = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0];
  if (leader === undefined) throw new Error(`${topic}-${partition} has no leader`);
  let offset = from;
  while (offset < to) {
    const broker = await cluster.findBroker({ nodeId: leader });
    const answer = await broker.fetch({
      maxWaitTime: 100,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      isolationLevel: READ_COMMITTED,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: FETCH_BYTES }] }],
    });
    // A compressed batch begins before the offset that was asked for.
    const records = answer.responses[0].partitions[0].messages
      .map((message) => toRecord(partition, message))
      .filter((record) => record.offset >= offset);
    // Compaction may have taken everything up to the end.
    if (records.length === 0) return;
    for (const record of records) {
      if (record.offset >= to) return;
      yield record;
      offset = record.offset + 1;
    }
  }
}
