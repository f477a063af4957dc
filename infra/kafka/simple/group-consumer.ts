import { setTimeout as wait } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { metrics } from '../../metrics.ts';
import type { Assignment, Consumer, ConsumerOptions, OffsetCommit } from '../port.ts';
import { isMembershipError, KafkaError } from './errors.ts';
import { toRecord } from './records.ts';

/** Long poll: also how long a rebalance or a stop waits for it. */
const MAX_WAIT_MS = 300;
const PARTITIONS_AT_ONCE = 16;

/** What the group has committed for these partitions, and where the partitions begin and end. */
export type FetchAssignments = (
  options: ConsumerOptions,
  assigned: Readonly<Record<string, readonly number[]>>,
) => Promise<Assignment[]>;

/**
 * A member of a consumer group on kafkajs.
 *
 * kafkajs has no revoke event, but after each rebalance it reads every partition again from its committed offset and
 * emits GROUP_JOIN: that is our new epoch. What is still being handled from the epoch before is waited for, so that no
 * partition is ever handled twice at once; its commits are refused.
 */
export class GroupConsumer implements Consumer {
  readonly done: Promise<void>;
  readonly #options: ConsumerOptions;
  readonly #consumer: kafkajs.Consumer;
  readonly #fetchAssignments: FetchAssignments;
  readonly #log: Logger;
  readonly #settle = Promise.withResolvers<void>();
  readonly #running = new Set<Promise<void>>();
  #epoch = 0;
  #assigned = false;
  #closed = false;
  /** Resolves when `onAssigned` of the current epoch has. */
  #ready: Promise<void> = Promise.resolve();

  constructor(
    client: kafkajs.Kafka,
    options: ConsumerOptions,
    fetchAssignments: FetchAssignments,
    log: Logger,
  ) {
    this.#options = options;
    this.#fetchAssignments = fetchAssignments;
    this.#log = log.child({ group: options.groupId });
    this.done = this.#settle.promise;
    // Whoever never looks at `done` still hears of the failure by `onBatch`'s own side; Node must not end for it.
    this.done.catch(() => {});
    const sessionTimeout = options.sessionTimeoutMs ?? 30_000;
    this.#consumer = client.consumer({
      groupId: options.groupId,
      sessionTimeout,
      rebalanceTimeout: Math.max(60_000, sessionTimeout),
      heartbeatInterval: Math.min(3_000, Math.floor(sessionTimeout / 5)),
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: options.maxBytesPerPartition ?? 1 << 20,
      allowAutoTopicCreation: false,
    });
    this.#consumer.on('consumer.group_join', ({ payload }) => this.#join(payload.memberAssignment));
    this.#consumer.on('consumer.crash', ({ payload }) => {
      if (payload.restart) this.#log.warn({ reason: payload.error.message }, 'Kafka is away, trying again');
      else this.#fail(payload.error);
    });
  }

  get assigned(): boolean {
    return this.#assigned && !this.#closed;
  }

  async start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({
      topics: [...this.#options.topics],
      fromBeginning: this.#options.startAt === 'earliest',
    });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
  }

  #join(assigned: Readonly<Record<string, readonly number[]>>): void {
    const epoch = ++this.#epoch;
    const before = [...this.#running];
    this.#log.info({ epoch, assigned }, 'partitions assigned');
    this.#ready = (async () => {
      await Promise.allSettled(before);
      const assignments = await this.#committed(assigned, epoch);
      if (epoch !== this.#epoch || this.#closed) return;
      await this.#options.handler.onAssigned(assignments, epoch);
      this.#assigned = true;
    })();
    this.#ready.catch((error) => this.#fail(error));
  }

  /** Asks until the broker answers or the assignment is over. */
  async #committed(
    assigned: Readonly<Record<string, readonly number[]>>,
    epoch: number,
  ): Promise<Assignment[]> {
    while (epoch === this.#epoch && !this.#closed) {
      try {
        return await this.#fetchAssignments(this.#options, assigned);
      } catch (error) {
        if (!new KafkaError(messageOf(error), error).retriable) throw error;
        this.#log.warn({ reason: messageOf(error) }, 'cannot read the committed offsets, trying again');
        await wait(500);
      }
    }
    return [];
  }

  async #eachBatch({ batch, heartbeat, resolveOffset }: kafkajs.EachBatchPayload): Promise<void> {
    const epoch = this.#epoch;
    const membership = Promise.withResolvers<never>();
    membership.promise.catch(() => {});
    const beat = setInterval(() => {
      heartbeat().catch((error: unknown) => {
        // Without a broker the session may still hold; the fetch loop notices what is up after this batch.
        if (isMembershipError(error)) membership.reject(error);
      });
    }, 1_000);
    try {
      await Promise.race([this.#ready, membership.promise]);
      if (epoch !== this.#epoch || this.#closed || batch.messages.length === 0) return;
      const started = performance.now();
      const work = this.#handle(batch, epoch);
      await Promise.race([work, membership.promise]);
      metrics.backPressureSeconds.inc({ topic: batch.topic }, (performance.now() - started) / 1000);
      resolveOffset(batch.messages[batch.messages.length - 1].offset);
    } finally {
      clearInterval(beat);
    }
  }

  #handle(batch: kafkajs.Batch, epoch: number): Promise<void> {
    const { topic, partition } = batch;
    const records = batch.messages.map((message) => toRecord(partition, message));
    const highWatermark = Number(batch.highWatermark);
    const work = this.#options.handler
      .onBatch({ topic, partition, records, highWatermark, epoch })
      .then(() => {
        metrics.recordsConsumed.inc({ topic }, records.length);
        const lag = highWatermark - 1 - records[records.length - 1].offset;
        metrics.consumerLag.set({ topic, partition }, lag);
      })
      .catch((error: unknown) => {
        this.#fail(error);
        // Not retriable: kafkajs would else run the same batch again as if nothing had happened.
        throw new kafkajs.KafkaJSNonRetriableError(messageOf(error));
      })
      .finally(() => this.#running.delete(work));
    work.catch(() => {});
    this.#running.add(work);
    return work;
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#settle.reject(error);
    this.#consumer.disconnect().catch((cause: unknown) => {
      this.#log.warn({ reason: messageOf(cause) }, 'the consumer did not leave in order');
    });
  }

  async commit(offsets: readonly OffsetCommit[], epoch: number): Promise<boolean> {
    if (epoch !== this.#epoch || this.#closed) return false;
    if (offsets.length === 0) return true;
    try {
      await this.#consumer.commitOffsets(offsets.map((each) => ({ ...each, offset: String(each.offset) })));
      return true;
    } catch (error) {
      if (isMembershipError(error)) return false;
      throw new KafkaError(`cannot commit offsets of ${this.#options.groupId}: ${messageOf(error)}`, error);
    }
  }

  pause(topic: string, partitions: readonly number[]): void {
    this.#consumer.pause([{ topic, partitions: [...partitions] }]);
  }

  resume(topic: string, partitions: readonly number[]): void {
    this.#consumer.resume([{ topic, partitions: [...partitions] }]);
  }

  async close(): Promise<void> {
    // Commits stay possible until the handled batches are done: the caller commits before it closes.
    await this.#consumer.stop();
    await Promise.allSettled(this.#running);
    this.#closed = true;
    await this.#consumer.disconnect();
    this.#settle.resolve();
  }
}
