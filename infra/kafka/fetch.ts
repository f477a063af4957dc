import { KafkaError } from './errors.ts';
import type { Broker } from './kafkajs.ts';
import type { KafkaRecord } from './port.ts';
import { decodeRecordSet, type RecordSet } from './record-batch/decode.ts';
import { decodeOldMessages, isOldMessageSet } from './record-batch/old-messages.ts';
import { type FetchedSet, fetchSets } from './requests/fetch.ts';

export interface FetchFrom {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Fetched extends FetchFrom {
  readonly records: readonly KafkaRecord[];
  /** Where to fetch next: behind the records, and behind what is hidden or was compacted away. */
  readonly nextOffset: number;
  /** Offset after the last record that consumers may read. */
  readonly end: number;
}

export interface FetchLimits {
  /** Milliseconds to wait for a first record. */
  readonly maxWaitMs: number;
  readonly maxBytesPerPartition: number;
}

/** Of one answer over all partitions, as kafkajs does. */
const MAX_BYTES = 10 << 20;

/** One fetch request to the leader of these partitions. */
export async function fetchFrom(
  broker: Broker,
  positions: readonly FetchFrom[],
  limits: FetchLimits,
): Promise<Fetched[]> {
  const offsets = new Map(positions.map((each) => [keyOf(each.topic, each.partition), each.offset]));
  const sets = await fetchSets(broker, {
    maxWaitMs: limits.maxWaitMs,
    maxBytes: Math.max(MAX_BYTES, limits.maxBytesPerPartition),
    maxBytesPerPartition: limits.maxBytesPerPartition,
    positions,
  });
  const fetched: Fetched[] = [];
  for (const each of sets) {
    const { topic, partition, end } = each;
    const offset = offsets.get(keyOf(topic, partition))!;
    fetched.push({ topic, partition, offset, end, ...(await decode(each, offset)) });
  }
  return fetched;
}

export function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** What is broken may have become so on its way: it is fetched again. */
async function decode({ topic, partition, set, aborted }: FetchedSet, offset: number): Promise<RecordSet> {
  if (isOldMessageSet(set)) return decodeOldMessages(set, partition, offset);
  const decoded = decodeRecordSet(set, partition, offset, aborted);
  if (!decoded.ok)
    throw new KafkaError(`Kafka cannot read ${topic}/${partition}: ${decoded.reason}`, { transient: true });
  return decoded;
}
