import type { Logger } from '../log.ts';
import { checkTopics, createMissing, deleteTopics } from './admin.ts';
import { BatchMemory } from './batch-memory.ts';
import { Connection } from './connection.ts';
import { GroupConsumer } from './consumer.ts';
import { Group } from './group.ts';
import { logOffsets, offsetsAt } from './offsets.ts';
import type { Consumer, ConsumerOptions, Kafka, KafkaRecord, Producer, ProducerOptions } from './port.ts';
import { KafkaProducer } from './producer.ts';
import { readPartition } from './reader.ts';
import { retrying, unlessAborted } from './retry.ts';
import type { KafkaSecurity } from './security.ts';
import { alignSettings } from './topic-settings.ts';

export interface ConnectOptions {
  /** host:port, one or more of the cluster. */
  readonly brokers: readonly string[];
  /** Default: plain connections without a login. */
  readonly security?: KafkaSecurity;
  /** The name of this process in the broker's logs. */
  readonly clientId: string;
  readonly log: Logger;
  /** Milliseconds, default 30,000: a broker that does not answer for so long counts as gone. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds that brokers which do not answer yet are waited for, default 0. */
  readonly patienceMs?: number;
}

const PING_MS = 3_000;
const ADMIN_PATIENCE_MS = 15_000;
/** Of all consumers that use theirs again: as much as a sink gives back at once when its inserts are done. */
const FREE_BATCH_BYTES = 64 << 20;

/**
 * The Kafka port on kafkajs. Rejects with a KafkaError ("cannot reach Kafka at host:port: …") when no broker answers
 * within `patienceMs`; once connected, it survives restarts of the brokers.
 */
export async function connectKafka(options: ConnectOptions): Promise<Kafka> {
  const client = new KafkaClient(options);
  try {
    await client.open();
  } catch (error) {
    await client.close();
    throw error;
  }
  return client;
}

class KafkaClient implements Kafka {
  readonly #options: ConnectOptions;
  readonly #admin: Connection;
  readonly #reader: Connection;
  readonly #pinger: Connection;
  readonly #memory = new BatchMemory(FREE_BATCH_BYTES);

  constructor(options: ConnectOptions) {
    this.#options = options;
    this.#admin = new Connection(options);
    this.#reader = new Connection(options);
    this.#pinger = new Connection(options);
  }

  async open(): Promise<void> {
    const { brokers, log, patienceMs = 0 } = this.#options;
    await retrying(() => this.#admin.cluster([]), { doing: 'be reached', brokers, log, patienceMs });
  }

  async producer(options: ProducerOptions = {}): Promise<Producer> {
    const producer = new KafkaProducer(this.#options, options);
    await producer.open();
    return producer;
  }

  async consume(options: ConsumerOptions): Promise<Consumer> {
    // A topic that is not there is said here, not in a log line of a consumer that waits for it.
    for (const topic of options.topics) await this.offsets(topic);
    return new GroupConsumer(this.#options, options, this.#memory);
  }

  read(topic: string, partition: number, from: number, to?: number): AsyncIterable<KafkaRecord> {
    return readPartition(this.#reader, topic, partition, from, to ?? Number.POSITIVE_INFINITY);
  }

  async ensureTopics(definitions: Parameters<Kafka['ensureTopics']>[0]): Promise<void> {
    await this.#retrying('create topics', () => createMissing(this.#admin, definitions));
    await this.#retrying('create topics', () => checkTopics(this.#admin, definitions));
    await this.#retrying('set up topics', () => alignSettings(this.#admin, definitions));
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    await this.#retrying(`delete ${names.join(', ')}`, () => deleteTopics(this.#admin, names));
  }

  offsets(topic: string): ReturnType<Kafka['offsets']> {
    return this.#retrying(`read the offsets of ${topic}`, () =>
      this.#admin.use([topic], (cluster) => logOffsets(cluster, topic)),
    );
  }

  offsetsForTime(topic: string, timestamp: number): ReturnType<Kafka['offsetsForTime']> {
    return this.#retrying(`read the offsets of ${topic}`, () =>
      this.#admin.use([topic], (cluster) => offsetsAt(cluster, topic, timestamp)),
    );
  }

  committed(groupId: string, topic: string): ReturnType<Kafka['committed']> {
    return this.#retrying(`read the offsets of group ${groupId}`, async () => {
      const partitions = await this.#admin.use([topic], async (cluster) =>
        cluster.findTopicPartitionMetadata(topic).map(({ partitionId: partition }) => ({ topic, partition })),
      );
      const group = new Group(this.#admin, {
        groupId,
        topics: [topic],
        sessionTimeoutMs: 0,
        log: this.#options.log,
      });
      const found = await group.committed(partitions);
      return found
        .map(({ partition, offset, metadata }) => ({ partition, offset, metadata }))
        .sort((a, b) => a.partition - b.partition);
    });
  }

  async ping(): Promise<boolean> {
    const asking = this.#pinger.use([], async (cluster) => {
      await cluster.refreshMetadata();
      return true;
    });
    try {
      return (await unlessAborted(asking, AbortSignal.timeout(PING_MS))) ?? false;
    } catch {
      return false; // which is the answer
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#admin.close(), this.#reader.close(), this.#pinger.close()]);
  }

  #retrying<T>(doing: string, operation: () => Promise<T>): Promise<T> {
    const { brokers, log } = this.#options;
    return retrying(operation, { doing, brokers, log, patienceMs: ADMIN_PATIENCE_MS });
  }
}
