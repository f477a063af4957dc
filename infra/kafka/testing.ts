/** What the tests of the Kafka client share: a broker (embedded, or ATI_TEST_KAFKA_BROKERS), topics, handlers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { connectKafka } from './client.ts';
import { spawnBroker } from './embedded/spawn.ts';
import type { Assignment, Batch, Consumer, ConsumerHandler, Kafka, KafkaRecord } from './port.ts';

export const silent = pino({ level: 'silent' });

/** True where the tests run against a real Kafka, which they can't kill. */
export const external = process.env.ATI_TEST_KAFKA_BROKERS !== undefined;

export interface TestKafka {
  readonly kafka: Kafka;
  readonly brokers: readonly string[];
  topic(partitions: number, config?: Record<string, string>): Promise<string>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

let topics = 0;

export async function testKafka(env?: Record<string, string>): Promise<TestKafka> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'ati-kafka-'));
  let broker = external ? undefined : await spawnBroker({ dataDir, env });
  const brokers = broker?.brokers ?? process.env.ATI_TEST_KAFKA_BROKERS!.split(',');
  const kafka = await connectKafka({ brokers, clientId: 'test', log: silent });
  return {
    kafka,
    brokers,
    async topic(partitions, config = {}) {
      const name = `test-${process.pid}-${Date.now()}-${topics++}`;
      await kafka.ensureTopics([{ name, partitions, config }]);
      return name;
    },
    async kill() {
      await broker?.kill();
    },
    async restart() {
      broker = await spawnBroker({ dataDir, env, port: broker!.port });
    },
    async close() {
      await kafka.close();
      await broker?.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface Seen {
  readonly handler: ConsumerHandler;
  readonly assigned: { partitions: readonly Assignment[]; epoch: number }[];
  readonly batches: Batch[];
  values(): string[];
}

/** A handler that remembers what it was given. */
export function recorder(during: Partial<ConsumerHandler> = {}): Seen {
  const assigned: Seen['assigned'] = [];
  const batches: Batch[] = [];
  return {
    assigned,
    batches,
    handler: {
      async onAssigned(partitions, epoch) {
        assigned.push({ partitions, epoch });
        await during.onAssigned?.(partitions, epoch);
      },
      async onBatch(batch) {
        batches.push(batch);
        await during.onBatch?.(batch);
      },
    },
    values: () => batches.flatMap((batch) => batch.records.map((record) => String(record.value))),
  };
}

/** A consumer of the group `<topic>-group`, reading from the start. */
export function consume(
  kafka: Kafka,
  topic: string,
  { handler }: Seen,
  startAt: 'earliest' | 'latest' = 'earliest',
): Promise<Consumer> {
  const groupId = `${topic}-group`;
  return kafka.consume({ groupId, topics: [topic], startAt, handler, sessionTimeoutMs: 6_000 });
}

/** Writes these values to one partition. */
export async function write(kafka: Kafka, topic: string, partition: number, values: readonly string[]) {
  const producer = await kafka.producer();
  await producer.send(
    topic,
    values.map((value) => ({ partition, value: Buffer.from(value) })),
  );
  await producer.close();
}

export async function valuesOf(records: AsyncIterable<KafkaRecord>): Promise<string[]> {
  const values: string[] = [];
  for await (const record of records) values.push(String(record.value));
  return values;
}
