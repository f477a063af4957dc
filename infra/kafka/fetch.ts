import type { Memory } from './batch-memory.ts';
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

/** As `Batch.again`. */
export type Again = () => readonly KafkaRecord[];

export interface FetchLimits {
  /** Milliseconds to wait for a first record. */
  readonly maxWaitMs: number;
  readonly maxBytesPerPartition: number;
}

/** Of one answer over all partitions, as kafkajs does. */
const MAX_BYTES = 10 << 20;

/** What is fetched of one partition, not decompressed yet. */
export interface FetchedBytes extends FetchedSet {
  /** What was asked for. */
  readonly offset: number;
}

/** One fetch request to the leader of these partitions. */
export async function fetchFrom(
  broker: Broker,
  positions: readonly FetchFrom[],
  limits: FetchLimits,
): Promise<FetchedBytes[]> {
  const offsets = new Map(positions.map((each) => [keyOf(each.topic, each.partition), each.offset]));
  const sets = await fetchSets(broker, {
    maxWaitMs: limits.maxWaitMs,
    maxBytes: Math.max(MAX_BYTES, limits.maxBytesPerPartition),
    maxBytesPerPartition: limits.maxBytesPerPartition,
    positions,
  });
  return sets.map((set) => ({ ...set, offset: offsets.get(keyOf(set.topic, set.partition))! }));
}

export function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/**
 * Its records, decompressed into `memory`. Rejects (transient) where they are broken: what is broken may have become so on its
 * way, and is fetched again.
 */
export async function decodeFetched(fetched: FetchedBytes, memory?: Memory): Promise<Fetched> {
  const { topic, partition, offset, end, set } = fetched;
  const { records, nextOffset } = isOldMessageSet(set)
    ? await decodeOldMessages(set, partition, offset)
    : decodeBatches(fetched, memory);
  return { topic, partition, offset, end, records, nextOffset };
}

/** For what was decoded into memory that is used again. */
export function againOf(fetched: FetchedBytes, { records }: Fetched): Again {
  return isOldMessageSet(fetched.set) ? () => records : decodingAgain(fetched);
}

/** A function of its own: what is asked for late shall not hold on to the records that were decoded first. */
function decodingAgain(fetched: FetchedBytes): Again {
  return () => decodeBatches(fetched).records;
}

function decodeBatches({ topic, partition, set, offset, aborted }: FetchedBytes, memory?: Memory): RecordSet {
  const decoded = decodeRecordSet(set, partition, offset, aborted, memory);
  if (!decoded.ok)
    throw new KafkaError(`Kafka cannot read ${topic}/${partition}: ${decoded.reason}`, { transient: true });
  return decoded;
}
