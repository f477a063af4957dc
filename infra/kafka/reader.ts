import type { Connection } from './connection.ts';
import { decodeFetched, type Fetched, fetchFrom } from './fetch.ts';
import { logOffsets } from './offsets.ts';
import type { KafkaRecord } from './port.ts';
import { retrying } from './retry.ts';

/** Data is there, so an answer that waits is one for a hole. */
const MAX_WAIT_MS = 10;
const MAX_BYTES = 4 << 20;
/** The whole batch, whatever its size. */
const PROBE_BYTES = 256 << 20;
const PATIENCE_MS = 60_000;

/** `Kafka.read`: straight from the leader, without a group. */
export async function* readPartition(
  connection: Connection,
  topic: string,
  partition: number,
  from: number,
  to: number,
): AsyncIterable<KafkaRecord> {
  if (from >= to) return;
  const { brokers, log } = connection.options;
  const attempt = <T>(operation: () => Promise<T>) =>
    retrying(operation, { doing: `read ${topic}/${partition}`, brokers, log, patienceMs: PATIENCE_MS });

  const range = await attempt(() =>
    connection.use([topic], async (cluster) => {
      const found = (await logOffsets(cluster, topic)).find((each) => each.partition === partition);
      if (!found) throw new Error(`topic ${topic} has no partition ${partition}`);
      return found;
    }),
  );
  const end = Math.min(to, range.latest);
  let next = Math.max(from, range.earliest);
  let bytes = MAX_BYTES;
  while (next < end) {
    const { records, nextOffset } = await attempt(() => fetchOne(connection, topic, partition, next, bytes));
    for (const record of records) if (record.offset < end) yield record;
    if (nextOffset > next) {
      next = nextOffset;
      bytes = MAX_BYTES;
    } else if (bytes === MAX_BYTES) {
      bytes = PROBE_BYTES;
    } else {
      // Nothing at this offset though the log goes on: a batch that compaction has emptied.
      next += 1;
    }
  }
}

function fetchOne(
  connection: Connection,
  topic: string,
  partition: number,
  offset: number,
  maxBytesPerPartition: number,
): Promise<Fetched> {
  return connection.use([topic], async (cluster) => {
    const nodeId = cluster.findTopicPartitionMetadata(topic).find((p) => p.partitionId === partition)!.leader;
    const broker = await cluster.findBroker({ nodeId });
    const limits = { maxWaitMs: MAX_WAIT_MS, maxBytesPerPartition };
    const [fetched] = await fetchFrom(broker, [{ topic, partition, offset }], limits);
    return decodeFetched(fetched);
  });
}
