/**
 * A member of a consumer group. One loop: join; say which partitions; fetch, and hand over, until the group rebalances
 * or the consumer stops; again. Heartbeats run on a clock of their own, so that a handler may take its time.
 */
import { Connection } from './connection.ts';
import { Epoch } from './epoch.ts';
import { isMembershipLost, isTransient, toKafkaError, typeOf } from './errors.ts';
import { Group, type TopicPartition } from './group.ts';
import type { ClusterOptions } from './kafkajs.ts';
import type { Assignment, Consumer, ConsumerOptions, OffsetCommit } from './port.ts';
import { retrying, sleep } from './retry.ts';
import { startOffsets } from './start-offsets.ts';

const SESSION_TIMEOUT_MS = 30_000;
const HEARTBEAT_MS = 3_000;
/** A commit waits so long for a broker that restarts; then it is the caller's turn. */
const COMMIT_PATIENCE_MS = 15_000;
/** Leaving is a courtesy to the other members: without it they wait for the session to expire. */
const LEAVE_PATIENCE_MS = 2_000;

export class GroupConsumer implements Consumer {
  readonly done: Promise<void>;
  readonly #connection: Connection;
  readonly #options: ConsumerOptions;
  readonly #group: Group;
  readonly #stop = new AbortController();
  readonly #heartbeatMs: number;
  #epochs = 0;
  #epoch: Epoch | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(cluster: ClusterOptions, options: ConsumerOptions) {
    const sessionTimeoutMs = options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
    this.#connection = new Connection(cluster);
    this.#options = options;
    this.#heartbeatMs = Math.min(HEARTBEAT_MS, Math.floor(sessionTimeoutMs / 4));
    this.#group = new Group(this.#connection, { ...options, sessionTimeoutMs, log: cluster.log });
    this.done = this.#run();
    // Whoever awaits it gets the error; it is logged for those who do not.
    this.done.catch((error: unknown) => {
      cluster.log.error({ err: error, group: options.groupId }, 'the consumer has stopped');
    });
  }

  get assigned(): boolean {
    return this.#epoch !== undefined && !this.#stop.signal.aborted;
  }

  async commit(offsets: readonly OffsetCommit[], epoch: number): Promise<boolean> {
    const current = this.#epoch;
    if (current?.number !== epoch || current.signal.aborted) return false;
    if (offsets.length === 0) return true;
    try {
      await this.#retrying(
        'commit offsets',
        () => this.#group.commit(offsets, current.generation),
        COMMIT_PATIENCE_MS,
        current.signal,
      );
      return true;
    } catch (error) {
      if (isMembershipLost(error)) {
        current.end();
        return false;
      }
      if (current.signal.aborted && isTransient(error)) return false;
      throw error;
    }
  }

  pause(topic: string, partitions: readonly number[]): void {
    this.#epoch?.cursors.setPaused(topic, partitions, true);
  }

  resume(topic: string, partitions: readonly number[]): void {
    this.#epoch?.cursors.setPaused(topic, partitions, false);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    // Its error has gone to `done`.
    await this.done.catch(() => undefined);
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) await this.#member();
    } catch (error) {
      this.#fail(error);
    } finally {
      await this.#leave();
      await this.#connection.close();
    }
    if (this.#failure) throw this.#failure.error;
  }

  /** One generation of the group, from join to rebalance. */
  async #member(): Promise<void> {
    const previous = this.#epoch;
    const partitions = await this.#join();
    if (partitions === undefined) return;
    const epoch = new Epoch(++this.#epochs, this.#group.generation, {
      connection: this.#connection,
      options: this.#options,
      stop: this.#stop.signal,
      onFailure: (error) => this.#fail(error),
    });
    const beats = this.#beat(epoch);
    try {
      const assignments = await this.#assignments(partitions, epoch);
      // Batches of the epoch before are still with the handler: it is told of the new one when it has them done.
      await previous?.handled();
      if (assignments === undefined || epoch.signal.aborted) return;
      epoch.assign(assignments);
      this.#epoch = epoch;
      await this.#options.handler.onAssigned(assignments, epoch.number);
      await epoch.consume();
    } finally {
      epoch.end();
      await beats;
      if (this.#stop.signal.aborted) await epoch.handled();
    }
  }

  /** Joins until it succeeds; undefined when the consumer stops first. */
  async #join(): Promise<TopicPartition[] | undefined> {
    const { groupId, topics } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        const joining = this.#retrying(`join group ${groupId} on ${topics.join(', ')}`, () =>
          this.#group.join(),
        );
        return await this.#unlessStopped(joining);
      } catch (error) {
        if (this.#stop.signal.aborted) return undefined;
        if (!isMembershipLost(error)) throw error;
        if (typeOf(error) === 'UNKNOWN_MEMBER_ID') this.#group.forgetMember();
      }
    }
    return undefined;
  }

  async #assignments(
    partitions: readonly TopicPartition[],
    epoch: Epoch,
  ): Promise<Assignment[] | undefined> {
    const { topics, startAt } = this.#options;
    const { log } = this.#connection.options;
    const look = async () => {
      const committed = await this.#group.committed(partitions);
      return this.#connection.use(topics, (cluster) => startOffsets(cluster, committed, startAt, log));
    };
    try {
      return await this.#retrying('find where to start', look, Number.POSITIVE_INFINITY, epoch.signal);
    } catch (error) {
      if (epoch.signal.aborted && isTransient(error)) return undefined;
      throw error;
    }
  }

  /** Heartbeats until the epoch ends; a heartbeat that is refused ends it. */
  async #beat(epoch: Epoch): Promise<void> {
    for (;;) {
      await sleep(this.#heartbeatMs, epoch.signal);
      if (epoch.signal.aborted) return;
      try {
        await this.#group.heartbeat();
      } catch (error) {
        if (isMembershipLost(error)) {
          if (typeOf(error) === 'UNKNOWN_MEMBER_ID') this.#group.forgetMember();
          epoch.end();
        } else if (!isTransient(error)) {
          this.#fail(error);
        }
      }
    }
  }

  /** The first error counts; nothing is committed after it. */
  #fail(error: unknown): void {
    if (this.#failure === undefined && !this.#stop.signal.aborted) this.#failure = { error };
    this.#stop.abort();
  }

  async #leave(): Promise<void> {
    const { log } = this.#connection.options;
    try {
      await Promise.race([this.#group.leave(), sleep(LEAVE_PATIENCE_MS)]);
    } catch (error) {
      log.debug({ err: error, group: this.#options.groupId }, 'could not leave the group');
    }
  }

  /** A join may wait long for the other members: a stop does not. */
  async #unlessStopped<T>(promise: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#stop;
    const stopped = Promise.withResolvers<undefined>();
    const onAbort = () => stopped.resolve(undefined);
    signal.addEventListener('abort', onAbort);
    try {
      return await Promise.race([promise, stopped.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      promise.catch((error: unknown) => this.#connection.options.log.debug({ err: error }, 'joining has ended'));
    }
  }

  #retrying<T>(
    doing: string,
    operation: () => Promise<T>,
    patienceMs = Number.POSITIVE_INFINITY,
    signal = this.#stop.signal,
  ): Promise<T> {
    const { brokers, log } = this.#connection.options;
    return retrying(
      async () => {
        try {
          return await operation();
        } catch (error) {
          // Marked as retriable by kafkajs or not, a lost membership needs a new join.
          if (isMembershipLost(error)) throw Object.assign(toKafkaError(error, doing, brokers), LOST);
          throw error;
        }
      },
      { doing, brokers, log, patienceMs, signal },
    );
  }
}

const LOST = { transient: false };
