import {
  type Broker,
  type FetchedMessage,
  type FetchedPartition,
  READ_COMMITTED,
  visibleMessages,
} from './kafkajs.ts';
import type { KafkaRecord } from './port.ts';

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
  const { responses } = await broker.fetch({
    isolationLevel: READ_COMMITTED,
    maxWaitTime: limits.maxWaitMs,
    minBytes: 1,
    maxBytes: Math.max(MAX_BYTES, limits.maxBytesPerPartition),
    topics: positions.map(({ topic, partition, offset }) => ({
      topic,
      partitions: [{ partition, fetchOffset: String(offset), maxBytes: limits.maxBytesPerPartition }],
    })),
  });
  return responses.flatMap(({ topicName, partitions }) =>
    partitions.map((data) => {
      const offset = offsets.get(keyOf(topicName, data.partition))!;
      return decode(topicName, offset, data);
    }),
  );
}

export function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

function decode(topic: string, offset: number, data: FetchedPartition): Fetched {
  const stable = Number(data.lastStableOffset ?? -1);
  const last = data.messages.at(-1);
  return {
    topic,
    partition: data.partition,
    offset,
    records: visibleMessages(topic, offset, data).map((message) => toRecord(data.partition, message)),
    nextOffset: last === undefined ? offset : Math.max(offset, batchEnd(last)),
    end: stable >= 0 ? stable : Number(data.highWatermark),
  };
}

/** The offset behind the record batch of this message, whose last records may have been compacted away. */
function batchEnd({ offset, batchContext }: FetchedMessage): number {
  if (batchContext === undefined) return Number(offset) + 1;
  return Number(batchContext.firstOffset) + batchContext.lastOffsetDelta + 1;
}

function toRecord(partition: number, message: FetchedMessage): KafkaRecord {
  const headers: Record<string, Buffer> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    // A header that is there several times: the last one counts, as in Kafka's `lastHeader`.
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (Buffer.isBuffer(last)) headers[name] = last;
  }
  return {
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers,
  };
}
