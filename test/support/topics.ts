import type { Kafka } from '#infra/kafka/port.ts';
import { decodeAs } from '#schemas/codec.ts';
import type { EventName, Events } from '#schemas/events.ts';

/** Every record's bytes of a topic, in order of partition and offset. */
export async function recordsOf(
  kafka: Kafka,
  topic: string,
): Promise<{ partition: number; offset: number; key: string; value: Buffer }[]> {
  const records = [];
  for (const { partition } of await kafka.offsets(topic)) {
    for await (const record of kafka.read(topic, partition, 0)) {
      records.push({
        partition,
        offset: record.offset,
        key: String(record.key),
        value: record.value ?? Buffer.alloc(0),
      });
    }
  }
  return records;
}

/** Every event of a kind on a topic; throws on a record of another kind. */
export async function eventsOf<N extends EventName>(
  kafka: Kafka,
  topic: string,
  name: N,
): Promise<Events[N][]> {
  const records = await recordsOf(kafka, topic);
  return records.map(({ value, offset }) => {
    const decoded = decodeAs(name, value);
    if (!decoded.ok) throw new Error(`${topic}@${offset}: ${decoded.reason}`);
    return decoded.value;
  });
}
