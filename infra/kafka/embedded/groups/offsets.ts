/** Committed offsets of all groups, in memory and in an append-only file that is compacted when it has grown. */
import { join } from 'node:path';
import type { writeAll } from '../log/files.ts';
import { FrameLog } from './frame-log.ts';

/** offset.metadata.max.bytes of Kafka. */
export const MAX_METADATA_BYTES = 4096;
const COMPACT_FROM_BYTES = 1 << 20;

export interface Committed {
  readonly offset: number;
  readonly metadata: string;
}

export interface Commit extends Committed {
  readonly topic: string;
  readonly partition: number;
}

/** One frame: a group's commit, whole or not at all; an offset of -1 removes. */
type Entry = [topic: string, partition: number, offset: number, metadata: string];
type Frame = [group: string, entries: Entry[]];

export class Offsets {
  readonly #groups = new Map<string, Map<string, Map<number, Committed>>>();
  readonly #log: FrameLog;
  #sizeWhenCompacted = 0;

  constructor(directory: string, fsync: boolean, write?: typeof writeAll) {
    this.#log = new FrameLog(
      join(directory, 'offsets.log'),
      fsync,
      (payload) => this.#apply(JSON.parse(payload.toString('utf8')) as Frame),
      write,
    );
  }

  groups(): string[] {
    return [...this.#groups.keys()];
  }

  /** Throws the system's error when it cannot be written; nothing is committed then. */
  commit(group: string, commits: readonly Commit[]): void {
    this.#write([
      group,
      commits.map(({ topic, partition, offset, metadata }) => [topic, partition, offset, metadata]),
    ]);
  }

  get(group: string, topic: string, partition: number): Committed | undefined {
    return this.#groups.get(group)?.get(topic)?.get(partition);
  }

  /** All that a group has committed. */
  ofGroup(group: string): Commit[] {
    const commits: Commit[] = [];
    for (const [topic, partitions] of this.#groups.get(group) ?? []) {
      for (const [partition, committed] of partitions) commits.push({ topic, partition, ...committed });
    }
    return commits;
  }

  /** Forgets what was committed for a topic that is no more. */
  removeTopic(topic: string): void {
    for (const [group, topics] of this.#groups) {
      const entries = [...(topics.get(topic)?.keys() ?? [])].map((index): Entry => [topic, index, -1, '']);
      if (entries.length > 0) this.#write([group, entries]);
    }
  }

  #write(frame: Frame): void {
    this.#log.append(Buffer.from(JSON.stringify(frame)));
    this.#apply(frame);
    if (this.#log.size > Math.max(COMPACT_FROM_BYTES, 2 * this.#sizeWhenCompacted)) this.#compact();
  }

  #apply([group, entries]: Frame): void {
    const topics = this.#groups.get(group) ?? new Map<string, Map<number, Committed>>();
    this.#groups.set(group, topics);
    for (const [topic, partition, offset, metadata] of entries) {
      const partitions = topics.get(topic) ?? new Map<number, Committed>();
      if (offset < 0) partitions.delete(partition);
      else partitions.set(partition, { offset, metadata });
      if (partitions.size === 0) topics.delete(topic);
      else topics.set(topic, partitions);
    }
    if (topics.size === 0) this.#groups.delete(group);
  }

  #compact(): void {
    const frames = this.groups().map(
      (group): Frame => [
        group,
        this.ofGroup(group).map(({ topic, partition, offset, metadata }) => [
          topic,
          partition,
          offset,
          metadata,
        ]),
      ],
    );
    this.#log.replace(frames.map((frame) => Buffer.from(JSON.stringify(frame))));
    this.#sizeWhenCompacted = this.#log.size;
  }

  close(): void {
    this.#log.close();
  }
}
