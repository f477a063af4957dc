/** Writes a corpus to the log through the project's own producer, a bounded number of records at a time. */
import type { Kafka, OutgoingRecord } from '#infra/kafka/port.ts';

const AT_ONCE = 32;

/** As fast as the broker takes it; resolves with the number of records once all are there. */
export async function sendAll(
  kafka: Kafka,
  topic: string,
  records: Iterable<OutgoingRecord>,
): Promise<number> {
  const producer = await kafka.producer({ compression: 'zstd' });
  let sent = 0;
  let waiting: OutgoingRecord[] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    const records = waiting;
    waiting = [];
    sent += records.length;
    await producer.send(topic, records);
  };
  try {
    for (const record of records) {
      waiting.push(record);
      if (waiting.length >= AT_ONCE) await flush();
    }
    await flush();
  } finally {
    await producer.close();
  }
  return sent;
}
