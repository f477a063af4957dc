/**
 * A member of a consumer group. One loop: join; say which partitions; fetch, and hand over, until the group rebalances
 * or the consumer stops; again. Heartbeats run on a clock of their own, so that a handler may take its time.
 */
import type { BatchMemory } from './batch-memory.ts';
import { Connection } from './connection.ts';
import { Epoch } from './epoch.ts';
import { isMembershipLost, isTransient, typeOf } from './errors.ts';
import { Group, type TopicPartition } from './group.ts';
import type { ClusterOptions } from './kafkajs.ts';
import type { Assignment, Consumer, ConsumerOptions, OffsetCommit } from './port.ts';
import { retrying, sleep, unlessAborted } from './retry.ts';
import { startOffsets } from './start-offsets.ts';

const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 3_000;
/** A commit waits so long for a broker that restarts; then it is the caller's turn. */
const COMMIT_PATIENCE_MS = 15_000;
/** Leaving is a courtesy to the other members: without it they wait for the session to expire. */
const LEAVE_PATIENCE_MS = 2_000;
/** A stop waits so long for a join that is under way, to be able to leave: Kafka holds the first one for 3 s. */
const JOIN_GRACE_MS = 4_000;

export class GroupConsumer implements Consumer {
  readonly done: Promise<void>;
  readonly #connection: Connection;
  readonly #options: ConsumerOptions;
  readonly #memory: BatchMemory;
  readonly #group: Group;
  readonly #stop = new AbortController();
  readonly #left = new AbortController();
  readonly #heartbeatMs: number;
  #epochs = 0;
  #epoch: Epoch | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `memory`: of the batches of `reuseMemory`; consumers may share it. */
  constructor(cluster: ClusterOptions, options: ConsumerOptions, memory: BatchMemory) {
    const sessionTimeoutMs = options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
    this.#connection = new Connection(cluster);
    this.#options = options;
    this.#memory = memory;
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
    const { signal } = this.#left;
    if (current?.number !== epoch || current.lost || signal.aborted || this.#failure) return false;
    if (offsets.length === 0) return true;
    try {
      const { generation } = current;
      const commit = () => this.#group.commit(offsets, generation);
      await this.#retrying('commit offsets', commit, COMMIT_PATIENCE_MS, signal);
      return true;
    } catch (error) {
      if (!isMembershipLost(error)) throw error;
      current.lose();
      return false;
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
      // After a failure nothing is worth waiting for.
      if (!this.#failure) await this.#epoch?.handled();
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
      memory: this.#options.reuseMemory ? this.#memory : undefined,
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
    }
  }

  /** Joins until it succeeds; undefined when the consumer stops first. */
  async #join(): Promise<TopicPartition[] | undefined> {
    const { groupId, topics } = this.#options;
    const { signal } = this.#stop;
    const grace = new AbortController();
    const startGrace = () => void setTimeout(() => grace.abort(), JOIN_GRACE_MS).unref();
    signal.addEventListener('abort', startGrace, { once: true });
    try {
      while (!signal.aborted) {
        try {
          const doing = `join group ${groupId} on ${topics.join(', ')}`;
          return await unlessAborted(
            this.#retrying(doing, () => this.#group.join()),
            grace.signal,
          );
        } catch (error) {
          if (signal.aborted) return undefined;
          if (!isMembershipLost(error)) throw error;
          if (typeOf(error) === 'UNKNOWN_MEMBER_ID') this.#group.forgetMember();
        }
      }
      return undefined;
    } finally {
      signal.removeEventListener('abort', startGrace);
    }
  }

  async #assignments(partitions: readonly TopicPartition[], epoch: Epoch): Promise<Assignment[] | undefined> {
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
        // Not awaited: a heartbeat waits for nothing.
        void epoch.measureLag();
      } catch (error) {
        if (isMembershipLost(error)) {
          if (typeOf(error) === 'UNKNOWN_MEMBER_ID') this.#group.forgetMember();
          epoch.lose();
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
      this.#left.abort();
      await unlessAborted(this.#group.leave(), AbortSignal.timeout(LEAVE_PATIENCE_MS));
    } catch (error) {
      log.debug({ err: error, group: this.#options.groupId }, 'could not leave the group');
    }
  }

  #retrying<T>(
    doing: string,
    operation: () => Promise<T>,
    patienceMs = Number.POSITIVE_INFINITY,
    signal = this.#stop.signal,
  ): Promise<T> {
    const { brokers, log } = this.#connection.options;
    return retrying(operation, { doing, brokers, log, patienceMs, signal });
  }
}
