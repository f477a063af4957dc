/** For tests: a broker with ATI's topics under a prefix of their own. */

import { connectKafka } from '#infra/kafka/client.ts';
import { spawnBroker } from '#infra/kafka/embedded/spawn.ts';
import { ensureAtiTopics } from '#infra/kafka/ensure.ts';
import type { Kafka, OutgoingRecord } from '#infra/kafka/port.ts';
import { createLog } from '#infra/log.ts';
import { type TopicKey, topicName } from '#infra/topics.ts';
import { encode } from '#schemas/codec.ts';
import type { EventName, Events } from '#schemas/events.ts';
import { temporaryDirectory } from './testing.ts';

export const silentLog = createLog('test', 'silent');

export interface TestBroker {
  readonly brokers: string[];
  readonly kafka: Kafka;
  readonly prefix: string;
  topic(key: TopicKey): string;
  /** Offsets in the order of the records. */
  produce(key: TopicKey, records: readonly OutgoingRecord[]): Promise<void>;
  stop(): Promise<void>;
}

export const PARTITIONS = 3;

export async function startBroker(): Promise<TestBroker> {
  const directory = await temporaryDirectory();
  const broker = await spawnBroker({ dataDir: directory.path });
  const kafka = await connectKafka({ brokers: broker.brokers, clientId: 'test', log: silentLog });
  const prefix = 'test.';
  await ensureAtiTopics(kafka, { ATI_TOPIC_PREFIX: prefix, ATI_PARTITIONS: PARTITIONS });
  const producer = await kafka.producer();
  return {
    brokers: broker.brokers,
    kafka,
    prefix,
    topic: (key) => topicName(key, prefix),
    produce: async (key, records) => {
      await producer.send(topicName(key, prefix), records);
    },
    stop: async () => {
      await producer.close();
      await kafka.close();
      await broker.stop();
      await directory.remove();
    },
  };
}

export function record<Name extends EventName>(
  partition: number,
  name: Name,
  value: Events[Name],
): OutgoingRecord {
  return { partition, value: encode(name, value) };
}

/** Waits until `read` gives what `enough` accepts; the last value when it does. */
export async function eventually<T>(
  read: () => T | Promise<T>,
  enough: (value: T) => boolean,
  timeoutMs = 120_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (enough(value)) return value;
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
