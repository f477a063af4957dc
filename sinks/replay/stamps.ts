/** The time that a record carries itself (unix ms), which its rows have in a column too. */
import type { Kafka } from '#infra/kafka/port.ts';
import type { TopicKey } from '#infra/topics.ts';
import { decode } from '#schemas/codec.ts';

/** partition → offset */
export type Positions = ReadonlyMap<number, number>;

const COLUMNS: Partial<Record<TopicKey, string>> = {
  spans: 'ReceivedAt',
  telemetry: 'ReceivedAt',
  traces: 'SourceClock',
  signals: 'SourceClock',
  incidents: 'At',
};

/** The column (DateTime64(3)) of every table of a topic. */
export function stampColumn(topic: TopicKey): string {
  const column = COLUMNS[topic];
  if (column === undefined)
    throw new Error(`say in sinks/replay/stamps.ts which column of ${topic} is its time`);
  return column;
}

/** Undefined where the bytes are no event. */
export function stampOf(value: Uint8Array | null): number | undefined {
  const decoded = decode(value ?? new Uint8Array());
  if (!decoded.ok) return undefined;
  const event = decoded.value;
  if ('receivedAt' in event) return event.receivedAt;
  if ('source' in event) return event.source.clock;
  return 'at' in event ? event.at : undefined;
}

interface Range {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** Of the first record of a range that has one. */
export async function stampAfter(kafka: Kafka, topic: string, range: Range): Promise<number | undefined> {
  for await (const { value } of kafka.read(topic, range.partition, range.from, range.to)) {
    const stamp = stampOf(value);
    if (stamp !== undefined) return stamp;
  }
  return undefined;
}

/** Records that are looked back at first. */
const BACK = 32;

/** Of the last record of a range that has one. */
export async function stampBefore(kafka: Kafka, topic: string, range: Range): Promise<number | undefined> {
  for (let back = BACK; ; back *= 4) {
    const from = Math.max(range.from, range.to - back);
    let last: number | undefined;
    for await (const { value } of kafka.read(topic, range.partition, from, range.to))
      last = stampOf(value) ?? last;
    if (last !== undefined || from === range.from) return last;
  }
}
