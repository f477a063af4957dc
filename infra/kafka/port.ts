/**
 * The Kafka port: all that ATI asks of Kafka, and nothing of the client library behind it.
 *
 * Offsets and timestamps are numbers (safe below 2^53). Nothing here swallows an error: a promise that
 * resolves means the broker has done it (acks from all).
 */

export interface KafkaRecord {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds; the broker's append time on LogAppendTime topics. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

export interface OutgoingRecord {
  /** Explicit partition; without one the key's murmur2 (Java's default partitioner) decides. */
  readonly partition?: number;
  readonly key?: Uint8Array | string | null;
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds (CreateTime); the topic's LogAppendTime wins where it is set. */
  readonly timestamp?: number;
}

export interface ProduceAck {
  readonly partition: number;
  readonly baseOffset: number;
  /** Milliseconds, on LogAppendTime topics only. */
  readonly logAppendTime?: number;
}

export interface ProducerOptions {
  readonly compression?: 'none' | 'gzip' | 'zstd';
  /**
   * Milliseconds a send goes on trying while no broker answers, default 30,000; then it rejects. Infinity where only
   * the log can take the records: the send waits for the broker, however long.
   */
  readonly patienceMs?: number;
}

export interface Producer {
  /** Resolves once all in-sync replicas have every record, in the given order per partition. */
  send(topic: string, records: readonly OutgoingRecord[]): Promise<readonly ProduceAck[]>;
  close(): Promise<void>;
}

/** A partition given to this member, with what its group last committed. */
export interface Assignment {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to read: the committed one, else the log's start. */
  readonly offset: number;
  /** Metadata of the committed offset; '' without one. */
  readonly metadata: string;
}

export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly KafkaRecord[];
  /** Offset after the last record that consumers may read: lag = highWatermark - last offset - 1. */
  readonly highWatermark: number;
  /** Epoch of the assignment that fetched it: pass it to `commit`. */
  readonly epoch: number;
  /**
   * There with `reuseMemory` only: the records once more, in memory of their own, also after `records` were written over. It
   * decompresses them again; until then only the compressed bytes are kept for it.
   */
  readonly again?: () => readonly KafkaRecord[];
}

export interface ConsumerHandler {
  /**
   * A new assignment, replacing all of the one before (a partition kept across a rebalance is read again from
   * its committed offset: throw its state away). No batch of this epoch is handed over before it resolves.
   */
  onAssigned(partitions: readonly Assignment[], epoch: number): Promise<void>;
  /**
   * One fetched batch, per partition in order and never two at once for a partition. Its promise is the back-pressure: the next
   * batch of this partition is handed over after it resolves; heartbeats go on meanwhile. Rejecting means a bug
   * or a lost dependency: the consumer stops and `done` rejects, nothing is committed.
   */
  onBatch(batch: Batch): Promise<void>;
}

export interface OffsetCommit {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to read after a restart. */
  readonly offset: number;
  /** At most 4 KB; read back in `Assignment.metadata`. */
  readonly metadata?: string;
}

export interface Consumer {
  /** Settles when the consumer has stopped: rejects with the error that stopped it. */
  readonly done: Promise<void>;
  /** True between a first assignment (perhaps an empty one) and the stop. */
  readonly assigned: boolean;
  /** Commits if `epoch` is still the current assignment; false (nothing committed) if it is not. */
  commit(offsets: readonly OffsetCommit[], epoch: number): Promise<boolean>;
  /** Stops fetching of these partitions (heartbeats go on) until `resume` or a new assignment. */
  pause(topic: string, partitions: readonly number[]): void;
  resume(topic: string, partitions: readonly number[]): void;
  /** Stops fetching, waits for the batches being handled, leaves the group. */
  close(): Promise<void>;
}

export interface ConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Where a partition without a committed offset starts. */
  readonly startAt: 'earliest' | 'latest';
  readonly handler: ConsumerHandler;
  /** Milliseconds, default 10,000: how long a dead member holds its partitions. */
  readonly sessionTimeoutMs?: number;
  /** Most bytes of one fetch per partition, default 1 MiB. */
  readonly maxBytesPerPartition?: number;
  /**
   * Default false: the bytes of a batch are its own for ever. With true its keys, values and headers are written over once its
   * handler has resolved, which spares the page faults of fresh memory.
   */
  readonly reuseMemory?: boolean;
}

export interface PartitionOffsets {
  readonly partition: number;
  readonly earliest: number;
  /** Offset of the next record. */
  readonly latest: number;
}

export interface TopicDefinition {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface Kafka {
  producer(options?: ProducerOptions): Promise<Producer>;
  /** Joins the group and starts to consume. */
  consume(options: ConsumerOptions): Promise<Consumer>;
  /**
   * Reads a partition from `from` up to `to` (exclusive) once, outside any group (tombstones, state, replay).
   * With `to` left out: up to the end as it is now.
   */
  read(topic: string, partition: number, from: number, to?: number): AsyncIterable<KafkaRecord>;
  /** Creates the missing ones; an existing one with another number of partitions is an error that says so. */
  ensureTopics(topics: readonly TopicDefinition[]): Promise<void>;
  deleteTopics(names: readonly string[]): Promise<void>;
  offsets(topic: string): Promise<readonly PartitionOffsets[]>;
  /** The offset of the first record whose timestamp is at least `timestamp`, per partition (latest where none). */
  offsetsForTime(topic: string, timestamp: number): Promise<readonly { partition: number; offset: number }[]>;
  /** Of every partition of the topic; offset -1 where the group has committed none. */
  committed(
    groupId: string,
    topic: string,
  ): Promise<readonly { partition: number; offset: number; metadata: string }[]>;
  /** True when a broker answers. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
