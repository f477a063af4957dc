import kafkajs from 'kafkajs';
import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { ConsumerOptions, Kafka, KafkaRecord, ProducerOptions } from '../port.ts';
import { createTopics, fetchAssignments } from './admin.ts';
import { KafkaError, unreachable } from './errors.ts';
import { GroupConsumer } from './group-consumer.ts';
import { type Cluster, clusterOf, prepareKafkajs } from './kafkajs-internals.ts';
import { readPartition } from './partition-reader.ts';
import { startProducer } from './producer.ts';

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log: Logger;
}

/** Connects to Kafka through kafkajs; rejects with one clear sentence when no broker answers. */
export async function connectKafka(options: KafkaOptions): Promise<Kafka> {
  prepareKafkajs();
  const { log } = options;
  const client = new kafkajs.Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 6 },
    // kafkajs reports as errors what it then mends by itself: what it can't mend reaches us as an exception.
    logCreator: () => (entry) => log.debug({ kafkajs: entry.log.message }, 'kafkajs'),
    logLevel: kafkajs.logLevel.ERROR,
  });
  const admin = client.admin();
  try {
    await admin.connect();
  } catch {
    throw unreachable(options.brokers);
  }
  let reading: Promise<Cluster> | undefined;
  const cluster = (): Promise<Cluster> => {
    if (reading === undefined) {
      const opening = clusterOf(client);
      reading = opening.connect().then(() => opening);
      reading.catch(() => {
        reading = undefined;
      });
    }
    return reading;
  };

  const failing = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof KafkaError
        ? error
        : new KafkaError(`cannot ${what}: ${messageOf(error)}`, error);
    }
  };

  const offsets = (topic: string) =>
    failing(`read the offsets of ${topic}`, async () =>
      (await admin.fetchTopicOffsets(topic))
        .map((each) => ({ partition: each.partition, earliest: Number(each.low), latest: Number(each.high) }))
        .sort((a, b) => a.partition - b.partition),
    );

  async function* read(
    topic: string,
    partition: number,
    from: number,
    to?: number,
  ): AsyncGenerator<KafkaRecord> {
    const range = (await offsets(topic)).find((each) => each.partition === partition);
    if (range === undefined) throw new Error(`${topic} has no partition ${partition}`);
    const end = Math.min(to ?? range.latest, range.latest);
    const start = Math.max(from, range.earliest);
    if (start < end) yield* readPartition(await cluster(), topic, partition, start, end);
  }

  return {
    producer: (producerOptions: ProducerOptions = {}) => startProducer(client, producerOptions, log),
    consume: async (consumerOptions: ConsumerOptions) => {
      const consumer = new GroupConsumer(
        client,
        consumerOptions,
        (asked, assigned) => fetchAssignments(admin, asked, assigned),
        log,
      );
      await consumer.start();
      return consumer;
    },
    read,
    ensureTopics: (topics) => failing('create topics', () => createTopics(admin, topics)),
    deleteTopics: (names) => failing('delete topics', () => admin.deleteTopics({ topics: [...names] })),
    offsets,
    offsetsForTime: (topic, timestamp) =>
      failing(`find an offset of ${topic}`, async () =>
        (await admin.fetchTopicOffsetsByTimestamp(topic, timestamp)).map((each) => ({
          partition: each.partition,
          offset: Number(each.offset),
        })),
      ),
    committed: (groupId, topic) =>
      failing(`read the offsets of ${groupId}`, async () =>
        (await admin.fetchOffsets({ groupId, topics: [topic] }))
          .flatMap((each) => each.partitions)
          .map((each) => ({
            partition: each.partition,
            offset: Number(each.offset),
            metadata: each.metadata ?? '',
          })),
      ),
    ping: () =>
      admin.describeCluster().then(
        () => true,
        () => false,
      ),
    close: async () => {
      await admin.disconnect();
      await (await reading)?.disconnect();
    },
  };
}
