import { setImmediate as nextTurn } from 'node:timers/promises';
import { forgetPartition, metrics } from '../metrics.ts';
import type { BatchMemory, Lease } from './batch-memory.ts';
import type { Connection } from './connection.ts';
import { type Cursor, Cursors } from './cursors.ts';
import { isTransient, rootCause, toKafkaError } from './errors.ts';
import { type Again, againOf, decodeFetched, type Fetched, type FetchedBytes, fetchFrom } from './fetch.ts';
import type { Cluster } from './kafkajs.ts';
import { logOffsets } from './offsets.ts';
import type { Assignment, Batch, ConsumerOptions } from './port.ts';
import { sleep, spread, unlessAborted } from './retry.ts';

export interface EpochContext {
  readonly connection: Connection;
  readonly options: ConsumerOptions;
  /** Where the bytes of batches are decompressed to, with `reuseMemory`. */
  readonly memory?: BatchMemory;
  readonly stop: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

/** A stop or a rebalance waits for no fetch; this only bounds how often an idle consumer asks. */
const MAX_WAIT_MS = 500;
const MIN_WAIT_MS = 10;
/**
 * Compressed; spans are some twenty times as much in the clear. What is handed over should still lie in the cache when its
 * handler reads it: a fifth less CPU in the processor than with 1 MiB, for a quarter more in the broker (ADR 0024).
 */
const MAX_BYTES_PER_PARTITION = 128 << 10;
/** More than any batch: an answer that is empty then, is so because nothing is there. */
const PROBE_BYTES = 256 << 20;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 2_000;
const LOG_AFTER_FAILURES = 4;
const LOG_EVERY_FAILURES = 15;

/** Of a batch whose memory is used again. */
interface Reused {
  readonly lease: Lease;
  readonly again: Again;
}

/** One assignment: fetches its partitions and hands the batches over, until it ends. */
export class Epoch {
  readonly number: number;
  /** Kafka's number of it, within the group. */
  readonly generation: number;
  readonly signal: AbortSignal;
  cursors = new Cursors([]);
  readonly #context: EpochContext;
  readonly #ended = new AbortController();
  readonly #handling = new Set<Promise<void>>();
  #lost = false;
  #measuring = false;
  #lastHandOver = 0;

  constructor(number: number, generation: number, context: EpochContext) {
    this.number = number;
    this.generation = generation;
    this.#context = context;
    this.signal = AbortSignal.any([this.#ended.signal, context.stop]);
  }

  assign(partitions: readonly Assignment[]): void {
    this.cursors = new Cursors(partitions);
  }

  /** Nothing more is fetched. */
  end(): void {
    this.#ended.abort();
    this.#forget();
  }

  /** The group goes on without this assignment: nothing can be committed under it any more. */
  lose(): void {
    this.#lost = true;
    this.end();
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** Resolves when the handler has no batch of this epoch any more. */
  async handled(): Promise<void> {
    while (this.#handling.size > 0) await Promise.all(this.#handling);
    // What they have set since the end is not ours to show any more either.
    if (this.signal.aborted) this.#forget();
  }

  #forget(): void {
    for (const { topic, partition } of this.cursors.all) forgetPartition(topic, partition);
  }

  /** Fetches until the epoch ends, whatever happens to the brokers. Throws errors that time does not cure. */
  async consume(): Promise<void> {
    const { connection, options } = this.#context;
    const { log, brokers } = connection.options;
    for (let failures = 0, delay = RETRY_FIRST_MS; !this.signal.aborted; ) {
      try {
        await connection.use(options.topics, (cluster) =>
          this.#fetchAll(cluster, () => {
            if (failures > LOG_AFTER_FAILURES) log.info('Kafka answers again');
            failures = 0;
            delay = RETRY_FIRST_MS;
          }),
        );
      } catch (cause) {
        if (this.signal.aborted) return;
        if (this.#outOfRange(cause)) continue;
        const error = toKafkaError(cause, `read ${options.topics.join(', ')}`, brokers);
        if (!isTransient(error)) throw error;
        if (failures++ % LOG_EVERY_FAILURES === LOG_AFTER_FAILURES)
          log.warn(`${error.message}; trying again`);
        await sleep(spread(delay), this.signal);
        delay = Math.min(delay * 2, RETRY_MAX_MS);
      }
    }
  }

  /** One loop per leader; the first that fails ends them all. */
  async #fetchAll(cluster: Cluster, onAnswer: () => void): Promise<void> {
    await this.#findLost(cluster);
    const round = new AbortController();
    const signal = AbortSignal.any([this.signal, round.signal]);
    const loops = [...this.#byLeader(cluster)].map(async ([nodeId, cursors]) => {
      try {
        while (!signal.aborted) await this.#fetchOnce(cluster, nodeId, cursors, signal, onAnswer);
      } finally {
        round.abort();
      }
    });
    if (loops.length === 0) await unlessAborted(NEVER, signal);
    const ends = await Promise.allSettled(loops);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #fetchOnce(
    cluster: Cluster,
    nodeId: number,
    cursors: readonly Cursor[],
    signal: AbortSignal,
    onAnswer: () => void,
  ): Promise<void> {
    const { maxBytesPerPartition } = this.#context.options;
    const rung = this.cursors.rung();
    const free = cursors.filter(({ busy, paused }) => !busy && !paused);
    if (free.length === 0) {
      await unlessAborted(rung, signal);
      return;
    }
    const probe = free.find((cursor) => cursor.probe);
    const positions = (probe ? [probe] : free).map(({ topic, partition, next }) => ({
      topic,
      partition,
      offset: next,
    }));
    const broker = await cluster.findBroker({ nodeId });
    const limits = {
      maxWaitMs: this.#maxWait(cursors),
      maxBytesPerPartition: probe ? PROBE_BYTES : (maxBytesPerPartition ?? MAX_BYTES_PER_PARTITION),
    };
    const answer = fetchFrom(broker, positions, limits);
    const fetched = await unlessAborted(answer, signal);
    if (!fetched) return;
    // One after the other: who handles one at once makes room for the next in the processor's cache.
    for (const each of fetched) await this.#decode(each, probe !== undefined);
    onAnswer();
    // An answer that is there at once (a log being caught up with) must not starve everything else.
    await nextTurn();
  }

  /**
   * Partitions that are busy now are free again soon, and a long wait for the others would hold them up: while some
   * are busy, a fetch waits no longer than they have been so already.
   */
  #maxWait(cursors: readonly Cursor[]): number {
    if (!cursors.some(({ busy, paused }) => busy && !paused)) return MAX_WAIT_MS;
    const since = performance.now() - this.#lastHandOver;
    return Math.round(Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, since)));
  }

  async #decode(bytes: FetchedBytes, alone: boolean): Promise<void> {
    const lease = this.#context.memory?.lease();
    let taken = false;
    try {
      const fetched = await decodeFetched(bytes, lease);
      taken = this.#take(fetched, alone, lease && { lease, again: againOf(bytes, fetched) });
    } finally {
      if (!taken) lease?.release();
    }
  }

  /** True when the handler has it now. */
  #take(fetched: Fetched, alone: boolean, reused: Reused | undefined): boolean {
    const cursor = this.cursors.get(fetched.topic, fetched.partition);
    // Paused in the meantime: fetched again later.
    if (!cursor || cursor.paused || this.signal.aborted) return false;
    cursor.probe = false;
    cursor.end = fetched.end;
    const any = fetched.records.length > 0;
    if (any) this.#handOver(cursor, fetched, reused);
    else if (fetched.nextOffset > cursor.next) cursor.next = fetched.nextOffset;
    // Records of this offset were compacted away, and the batch that held them is empty.
    else if (fetched.end > cursor.next && alone) cursor.next += 1;
    else cursor.probe = fetched.end > cursor.next;
    this.#showLag(cursor);
    return any;
  }

  /** How far behind a partition is: records that the handler has not done yet, and how old the oldest of them is. */
  #showLag({ topic, partition, next, end, oldest }: Cursor): void {
    if (this.signal.aborted) return;
    const labels = { topic, partition: String(partition) };
    const behind = Math.max(0, end - next);
    metrics.consumerLag.set(labels, behind);
    if (behind === 0) metrics.eventTimeLag.set(labels, 0);
    else if (!Number.isNaN(oldest)) metrics.eventTimeLag.set(labels, Math.max(0, Date.now() - oldest));
  }

  /** The log grows on while a handler takes its time, and nothing is fetched that would say so. */
  async measureLag(): Promise<void> {
    const held = this.cursors.all.filter(({ busy, paused }) => busy || paused);
    if (held.length === 0 || this.#measuring) return;
    this.#measuring = true;
    try {
      await this.#measure(held);
    } catch (error) {
      // Only a gauge: whoever reads or commits hears of what is wrong.
      this.#context.connection.options.log.debug({ err: error }, 'the lag could not be measured');
    } finally {
      this.#measuring = false;
    }
  }

  async #measure(held: readonly Cursor[]): Promise<void> {
    const { connection } = this.#context;
    for (const topic of new Set(held.map((cursor) => cursor.topic))) {
      const ranges = await connection.use([topic], (cluster) => logOffsets(cluster, topic));
      for (const cursor of held.filter((each) => each.topic === topic)) {
        cursor.end = ranges.find(({ partition }) => partition === cursor.partition)?.latest ?? cursor.end;
        this.#showLag(cursor);
      }
    }
  }

  #handOver(cursor: Cursor, fetched: Fetched, reused: Reused | undefined): void {
    const { options, onFailure } = this.#context;
    const { topic, partition, records, nextOffset, end } = fetched;
    const batch: Batch = {
      topic,
      partition,
      records,
      highWatermark: end,
      epoch: this.number,
      again: reused?.again,
    };
    cursor.busy = true;
    cursor.oldest = records[0].timestamp;
    this.#lastHandOver = performance.now();
    const handling = (async () => options.handler.onBatch(batch))()
      .then(() => {
        cursor.next = nextOffset;
        cursor.busy = false;
        cursor.oldest = records[records.length - 1].timestamp;
        this.#showLag(cursor);
        reused?.lease.release();
        this.cursors.ring();
      }, onFailure)
      .finally(() => this.#handling.delete(handling));
    this.#handling.add(handling);
  }

  /** Retention has overtaken a partition. */
  #outOfRange(cause: unknown): boolean {
    const { name, topic, partition } = rootCause(cause);
    if (name !== 'KafkaJSOffsetOutOfRange' || topic === undefined || partition === undefined) return false;
    const cursor = this.cursors.get(topic, partition);
    if (cursor) cursor.lost = true;
    return cursor !== undefined;
  }

  /** Such a partition goes on where a new one would start. */
  async #findLost(cluster: Cluster): Promise<void> {
    const { connection, options } = this.#context;
    for (const cursor of this.cursors.all.filter((each) => each.lost)) {
      const { topic, partition, next: lost } = cursor;
      const ranges = await logOffsets(cluster, topic);
      const { earliest, latest } = ranges.find((each) => each.partition === partition)!;
      cursor.next = options.startAt === 'earliest' ? earliest : latest;
      cursor.lost = false;
      connection.options.log.error(
        { topic, partition, lost, next: cursor.next },
        'records were deleted before they were read',
      );
    }
  }

  #byLeader(cluster: Cluster): Map<number, Cursor[]> {
    const leaders = new Map<number, Cursor[]>();
    for (const topic of this.#context.options.topics) {
      for (const { partitionId, leader } of cluster.findTopicPartitionMetadata(topic)) {
        const cursor = this.cursors.get(topic, partitionId);
        if (cursor) leaders.set(leader, [...(leaders.get(leader) ?? []), cursor]);
      }
    }
    return leaders;
  }
}

const NEVER = new Promise<never>(() => undefined);
