import { partitionOf } from '#schemas/murmur2.ts';
import { Connection } from './connection.ts';
import { KafkaError, typeOf } from './errors.ts';
import type { Cluster, ClusterOptions } from './kafkajs.ts';
import { KeyedQueue } from './partition-queue.ts';
import type { OutgoingRecord, ProduceAck, Producer, ProducerOptions } from './port.ts';
import { COMPRESSION } from './record-batch/compression.ts';
import type { Message } from './record-batch/encode.ts';
import { ProduceGatherer } from './requests/gather.ts';
import { retrying } from './retry.ts';
import { ProducerSession } from './sequences.ts';

const PATIENCE_MS = 30_000;
/** Asked for at each new identity; it bounds transactions, of which there are none. */
const TRANSACTION_TIMEOUT_MS = 60_000;

/** The broker has another idea of where our sequence is, or has forgotten us: only a new identity helps. */
const IDENTITY_LOST = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/** A fresh identity is refused only by a broker that is broken. */
const MAX_RENEWALS = 2;

interface Part {
  readonly partition: number;
  readonly messages: readonly Message[];
}

/**
 * Idempotent, acks from all. A send keeps its identity and sequences over all its retries, also across a restart of
 * the broker, so a lost answer does not double a batch; one send in flight per partition keeps the order. After a send
 * that failed for good nobody knows whether the broker has it, so later ones get a new identity: with the old one the
 * broker could take their records for the ones that it has.
 */
export class KafkaProducer implements Producer {
  readonly #connection: Connection;
  readonly #compression: number;
  readonly #patienceMs: number;
  readonly #queue = new KeyedQueue();
  readonly #gatherer = new ProduceGatherer();
  readonly #giveUp = new AbortController();
  #session: Promise<ProducerSession> | undefined;
  #roundRobin = 0;

  constructor(options: ClusterOptions, { compression = 'none', patienceMs = PATIENCE_MS }: ProducerOptions) {
    this.#connection = new Connection(options);
    this.#compression = COMPRESSION[compression];
    this.#patienceMs = patienceMs;
  }

  /** Fails early where no broker answers. */
  async open(): Promise<void> {
    await this.#connection.cluster([]);
  }

  async send(topic: string, records: readonly OutgoingRecord[]): Promise<readonly ProduceAck[]> {
    if (this.#giveUp.signal.aborted) throw new Error('the Kafka producer is closed');
    if (records.length === 0) return [];
    const parts = await this.#split(topic, records);
    const keys = parts.map(({ partition }) => `${topic}/${partition}`);
    return this.#queue.run(keys, () => this.#sendParts(topic, parts));
  }

  /** Waits for what is on its way, for a few seconds at most. */
  async close(): Promise<void> {
    const late = setTimeout(() => this.#giveUp.abort(), CLOSE_PATIENCE_MS);
    await this.#queue.idle();
    clearTimeout(late);
    this.#giveUp.abort();
    await this.#connection.close();
  }

  async #split(topic: string, records: readonly OutgoingRecord[]): Promise<Part[]> {
    const parts = new Map<number, Message[]>();
    const now = Date.now();
    const needCount = records.some(({ partition }) => partition === undefined);
    const count = needCount ? await this.#partitionCount(topic) : 0;
    // Records without a key stay together: one batch compresses better than many.
    const keyless = count > 0 ? this.#roundRobin++ % count : 0;
    for (const record of records) {
      const { key = null, value } = record;
      const partition = record.partition ?? (key === null ? keyless : partitionOf(bytesOf(key), count));
      const message = {
        key,
        value,
        headers: record.headers,
        timestamp: Math.trunc(record.timestamp ?? now),
      };
      const messages = parts.get(partition);
      if (messages) messages.push(message);
      else parts.set(partition, [message]);
    }
    return [...parts].map(([partition, messages]) => ({ partition, messages }));
  }

  async #partitionCount(topic: string): Promise<number> {
    return this.#retrying(topic, () =>
      this.#connection.use([topic], async (cluster) => cluster.findTopicPartitionMetadata(topic).length),
    );
  }

  async #sendParts(topic: string, parts: readonly Part[], renewals = 0): Promise<ProduceAck[]> {
    const session = await this.#retrying(topic, () => this.#identity());
    const numbered = parts.map((part) => ({
      ...part,
      firstSequence: session.take(topic, part.partition, part.messages.length),
    }));
    try {
      return await this.#retrying(topic, () =>
        this.#connection.use([topic], (cluster) => this.#request(cluster, session, topic, numbered)),
      );
    } catch (error) {
      await this.#forget(session);
      if (!IDENTITY_LOST.has(typeOf(error) ?? '') || renewals === MAX_RENEWALS) throw error;
      this.#connection.options.log.warn(
        `Kafka refused the sequence of a batch for ${topic}: sending it again under a new producer id`,
      );
      return this.#sendParts(topic, parts, renewals + 1);
    }
  }

  /** One request per leader. */
  async #request(
    cluster: Cluster,
    session: ProducerSession,
    topic: string,
    parts: readonly (Part & { readonly firstSequence: number })[],
  ): Promise<ProduceAck[]> {
    const leaders = new Map(
      cluster.findTopicPartitionMetadata(topic).map(({ partitionId, leader }) => [partitionId, leader]),
    );
    const byLeader = new Map<number, (typeof parts)[number][]>();
    for (const part of parts) {
      const leader = leaders.get(part.partition);
      if (leader === undefined) throw noSuchPartition(topic, part.partition);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), part]);
    }
    const answers = await Promise.all(
      [...byLeader].map(async ([nodeId, partitions]) => {
        const broker = await cluster.findBroker({ nodeId });
        const { producerId, producerEpoch } = session;
        const compression = this.#compression;
        return this.#gatherer.produce(broker, { topic, compression, producerId, producerEpoch, partitions });
      }),
    );
    return answers.flat();
  }

  async #identity(): Promise<ProducerSession> {
    this.#session ??= this.#connection.use([], async (cluster) => {
      await cluster.refreshMetadata();
      const broker = await cluster.findControllerBroker();
      const given = await broker.initProducerId({ transactionTimeout: TRANSACTION_TIMEOUT_MS });
      return new ProducerSession(Number(given.producerId), given.producerEpoch);
    });
    const mine = this.#session;
    try {
      return await mine;
    } catch (error) {
      if (this.#session === mine) this.#session = undefined;
      throw error;
    }
  }

  async #forget(session: ProducerSession): Promise<void> {
    const current = await this.#session?.catch(() => undefined);
    if (current === session) this.#session = undefined;
  }

  #retrying<T>(topic: string, operation: () => Promise<T>): Promise<T> {
    const { brokers, log } = this.#connection.options;
    return retrying(operation, {
      doing: `write to ${topic}`,
      brokers,
      log,
      patienceMs: this.#patienceMs,
      signal: this.#giveUp.signal,
    });
  }
}

/** Less than a stage of the lifecycle may take. */
const CLOSE_PATIENCE_MS = 8_000;

function noSuchPartition(topic: string, partition: number): KafkaError {
  return new KafkaError(`topic ${topic} has no partition ${partition}`, { transient: false });
}

function bytesOf(key: Uint8Array | string): Uint8Array {
  return typeof key === 'string' ? Buffer.from(key) : key;
}
