/**
 * The topics of the broker: a directory each under `topics/`, with `topic.json` (partitions, configuration) and
 * a directory of segments for each partition.
 *
 * Creation and deletion are one rename each: a crash leaves a whole topic or none. '~' cannot be in a topic's
 * name, so a directory with it is a leftover.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile, syncDirectory } from '#infra/files.ts';
import { PartitionLog, type PartitionOptions } from '../log/partition-log.ts';
import { type TopicConfig, topicConfig } from './config.ts';
import { collisionKey } from './names.ts';

export interface Topic {
  readonly name: string;
  /** Replaced as a whole when it is changed. */
  config: TopicConfig;
  readonly partitions: PartitionLog[];
}

type LogOptions = Omit<PartitionOptions, 'directory' | 'name'>;

export class Catalog {
  readonly #topics = new Map<string, Topic>();
  readonly #root: string;
  readonly #options: LogOptions;
  #deleted = 0;

  /** Opens every topic under `root`. Throws when a topic's files cannot be understood. */
  constructor(root: string, options: LogOptions) {
    this.#root = root;
    this.#options = options;
    mkdirSync(root, { recursive: true });
    for (const entry of readdirSync(root)) {
      if (entry.includes('~')) rmSync(join(root, entry), { recursive: true, force: true });
      else this.#topics.set(entry, this.#load(entry));
    }
  }

  #load(name: string): Topic {
    const path = join(this.#root, name, 'topic.json');
    const saved = JSON.parse(readFileSync(path, 'utf8')) as {
      partitions: number;
      config: Record<string, string>;
    };
    const parsed = topicConfig(saved.config);
    if (!parsed.ok) throw new Error(`${path}: ${parsed.reason}`);
    return { name, config: parsed.config, partitions: this.#open(name, 0, saved.partitions) };
  }

  #open(name: string, from: number, to: number): PartitionLog[] {
    const logs: PartitionLog[] = [];
    for (let i = from; i < to; i++) {
      const directory = join(this.#root, name, String(i));
      logs.push(new PartitionLog({ ...this.#options, directory, name: `${name}-${i}` }));
    }
    return logs;
  }

  #save(directory: string, partitions: number, config: TopicConfig): void {
    const content = `${JSON.stringify({ partitions, config: config.given })}\n`;
    replaceFile(join(directory, 'topic.json'), content, this.#options.fsync);
  }

  get(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  all(): Topic[] {
    return [...this.#topics.values()];
  }

  partition(name: string, index: number): PartitionLog | undefined {
    return this.#topics.get(name)?.partitions[index];
  }

  /** The topic whose name is too much like `name` to have both. */
  collision(name: string): string | undefined {
    const key = collisionKey(name);
    for (const other of this.#topics.keys()) if (other !== name && collisionKey(other) === key) return other;
    return undefined;
  }

  /** Creates a topic that is not there yet. Throws the system's error; nothing is left then. */
  create(name: string, partitions: number, config: TopicConfig): Topic {
    const making = join(this.#root, `${name}~new`);
    rmSync(making, { recursive: true, force: true });
    mkdirSync(making);
    this.#save(making, partitions, config);
    renameSync(making, join(this.#root, name));
    if (this.#options.fsync) syncDirectory(this.#root);
    const topic = { name, config, partitions: this.#open(name, 0, partitions) };
    this.#topics.set(name, topic);
    return topic;
  }

  grow(topic: Topic, partitions: number): void {
    const added = this.#open(topic.name, topic.partitions.length, partitions);
    this.#save(join(this.#root, topic.name), partitions, topic.config);
    topic.partitions.push(...added);
  }

  /** Other settings from now on; throws the system's error, and the old ones hold then. */
  configure(topic: Topic, config: TopicConfig): void {
    this.#save(join(this.#root, topic.name), topic.partitions.length, config);
    topic.config = config;
  }

  /** Forgets the topic at once; its files go in the background. */
  delete(topic: Topic): void {
    this.#topics.delete(topic.name);
    const grave = join(this.#root, `${topic.name}~${process.pid}-${++this.#deleted}`);
    renameSync(join(this.#root, topic.name), grave);
    for (const partition of topic.partitions) {
      partition.close();
      for (const wake of partition.waiters) wake(Number.POSITIVE_INFINITY);
    }
    rm(grave, { recursive: true, force: true }).catch((error: unknown) => {
      this.#options.log.warn(
        { err: error, topic: topic.name },
        'deleted topic: files left until the next start',
      );
    });
  }

  close(): void {
    for (const topic of this.#topics.values()) for (const partition of topic.partitions) partition.close();
  }
}
