/**
 * The log of one partition: segments on disk, append, read, look-up by time.
 *
 * All of it is synchronous: an append is a handful of microseconds into the page cache, and what is never
 * interleaved needs no locks. Only fsync, when asked for, is awaited.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from '#infra/files.ts';
import { assignOffset, type BatchHeader, stampTime } from '../batch/header.ts';
import { readRecords } from '../batch/records.ts';
import { checkBatch } from '../batch/validate.ts';
import type { Log } from '../log.ts';
import type { TopicConfig } from '../topics/config.ts';
import { CODE, type Code } from '../wire/codes.ts';
import { writeAll } from './files.ts';
import { Segment } from './segment.ts';
import { Sequences } from './sequences.ts';

/** The one leader epoch of a broker that is alone. */
export const LEADER_EPOCH = 0;

export interface PartitionOptions {
  readonly directory: string;
  /** `topic-partition`, for log lines. */
  readonly name: string;
  /** Compare the CRCs of the last segment: after anything but a clean stop. */
  readonly verify: boolean;
  readonly fsync: boolean;
  readonly log: Log;
  readonly clock: () => number;
  /** Replaced in tests by one that fails. */
  readonly write?: typeof writeAll;
}

export type Appended =
  /** `logAppendTime` is -1 on CreateTime topics. */
  { ok: true; baseOffset: number; logAppendTime: number } | { ok: false; code: Code; reason: string };

export class PartitionLog {
  /** Oldest first, never empty; the last one is appended to. */
  segments: Segment[] = [];
  readonly sequences = new Sequences();
  /** Called with the bytes of each append; long-polling fetches put themselves here. */
  readonly waiters = new Set<(bytes: number) => void>();
  readonly options: PartitionOptions;
  /** Everything below has been compacted. */
  compactedTo = 0;
  /** When compaction has to look at the tombstones that it left (milliseconds). */
  tombstonesDueAt = Number.POSITIVE_INFINITY;
  /** The broker stops, or the topic was deleted: the files are not ours any more. */
  closed = false;
  #syncing: Promise<void> | undefined;
  #nextSync: Promise<void> | undefined;

  constructor(options: PartitionOptions) {
    this.options = options;
    mkdirSync(options.directory, { recursive: true });
    const files = readdirSync(options.directory);
    for (const file of files.filter((name) => name.endsWith('~'))) rmSync(join(options.directory, file));
    const bases = files
      .filter((file) => /^\d{20}\.log$/.test(file))
      .map((file) => Number.parseInt(file, 10))
      .sort((a, b) => a - b);
    for (const base of bases) this.#load(base, base === bases[bases.length - 1]);
    if (this.segments.length === 0) this.segments.push(this.#create(0));
  }

  #load(baseOffset: number, last: boolean): void {
    const { directory, log, name } = this.options;
    const previous = this.segments.at(-1);
    const segment = new Segment(directory, baseOffset);
    if (previous !== undefined && previous.nextOffset > baseOffset) {
      // Compaction merged it into the one before and was killed before it could delete it.
      log.info({ partition: name, file: segment.path }, 'leftover segment of a compaction removed');
      segment.delete();
      return;
    }
    const now = this.options.clock();
    const torn = segment.load(last && this.options.verify, (header) => {
      if (header.producerId >= 0) this.sequences.note(header, Math.min(now, header.maxTimestamp));
    });
    if (torn > 0) {
      log.warn({ partition: name, file: segment.path, bytes: torn }, 'torn tail truncated');
      segment.truncate();
    }
    if (!last) segment.close();
    this.segments.push(segment);
  }

  #create(baseOffset: number): Segment {
    const segment = new Segment(this.options.directory, baseOffset);
    segment.truncate();
    segment.createdAt = this.options.clock();
    if (this.options.fsync) syncDirectory(this.options.directory);
    return segment;
  }

  get active(): Segment {
    return this.segments[this.segments.length - 1];
  }

  get startOffset(): number {
    return this.segments[0].baseOffset;
  }

  /** Offset of the next record; the high watermark too, there being no replicas. */
  get endOffset(): number {
    return this.active.nextOffset;
  }

  get size(): number {
    return this.segments.reduce((sum, segment) => sum + segment.size, 0);
  }

  /** Appends one batch of a producer. Its bytes are rewritten in place. */
  append(bytes: Buffer, config: TopicConfig): Appended {
    const now = this.options.clock();
    const checked = checkBatch(bytes, config.rules, now);
    if (!checked.ok) return checked;
    const { header } = checked;
    if (header.producerId >= 0) {
      const sequence = this.sequences.check(header);
      if (sequence.kind === 'error') return { ok: false, code: sequence.code, reason: sequence.reason };
      if (sequence.kind === 'duplicate') {
        const logAppendTime = config.rules.appendTime ? sequence.timestamp : -1;
        return { ok: true, baseOffset: sequence.baseOffset, logAppendTime };
      }
    }
    const baseOffset = this.endOffset;
    assignOffset(bytes, baseOffset, LEADER_EPOCH);
    stampTime(bytes, header, config.rules.appendTime ? now : undefined);
    const placed: BatchHeader = {
      ...header,
      baseOffset,
      lastOffset: baseOffset + header.lastOffsetDelta,
      maxTimestamp: config.rules.appendTime ? now : header.maxTimestamp,
    };
    try {
      this.rollIfDue(config, now, bytes.length);
      this.active.append(bytes, placed, now, this.options.write ?? writeAll);
    } catch (error) {
      this.options.log.error({ err: error, partition: this.options.name }, 'cannot write to the log');
      return { ok: false, code: CODE.KAFKA_STORAGE_ERROR, reason: String(error) };
    }
    if (header.producerId >= 0) this.sequences.note(placed, now);
    for (const wake of this.waiters) wake(bytes.length);
    return { ok: true, baseOffset, logAppendTime: config.rules.appendTime ? now : -1 };
  }

  /** Closes the active segment when it is full or old enough and begins the next. */
  rollIfDue(config: TopicConfig, now: number, incoming: number): void {
    const { active } = this;
    if (active.size === 0) return;
    if (active.size + incoming > config.segmentBytes || now - active.createdAt > config.segmentMs)
      this.roll();
  }

  roll(): void {
    const closed = this.active;
    if (this.options.fsync) closed.syncNow();
    this.segments.push(this.#create(closed.nextOffset));
    closed.close();
  }

  /** Batches from `offset` on, at least one when there is any; undefined when the offset is outside the log. */
  read(offset: number, maxBytes: number): Buffer | undefined {
    if (offset < this.startOffset || offset > this.endOffset) return undefined;
    for (let i = this.#segmentOf(offset); i < this.segments.length; i++) {
      const segment = this.segments[i];
      const bytes = segment.read(offset, maxBytes);
      if (segment !== this.active) segment.close();
      if (bytes.length > 0) return bytes;
    }
    return Buffer.alloc(0);
  }

  /** Index of the last segment that starts at or before `offset`. */
  #segmentOf(offset: number): number {
    let i = this.segments.length - 1;
    while (i > 0 && this.segments[i].baseOffset > offset) i--;
    return i;
  }

  /**
   * The first record whose timestamp is at least `timestamp` (milliseconds); undefined when there is none. Inside
   * a batch that cannot be read (snappy, lz4) it is the batch's first record.
   */
  offsetForTime(timestamp: number): { offset: number; timestamp: number } | undefined {
    for (const segment of this.segments) {
      if (segment.maxTimestamp < timestamp) continue;
      let found: { offset: number; timestamp: number } | undefined;
      segment.scan((header, position) => {
        if (header.maxTimestamp < timestamp) return true;
        const records = header.appendTime ? undefined : readRecords(segment.batch(header, position), header);
        const record = records?.find((candidate) => candidate.timestamp >= timestamp);
        found = record ?? { offset: header.baseOffset, timestamp: header.maxTimestamp };
        return false;
      });
      if (segment !== this.active) segment.close();
      if (found) return { offset: found.offset, timestamp: found.timestamp };
    }
    return undefined;
  }

  /** Resolves when all that was appended before is on the disk itself; calls at the same time share one fsync. */
  sync(): Promise<void> {
    if (this.#syncing === undefined) return this.#startSync();
    // The one that runs may have begun before our bytes were written.
    const start = () => this.#startSync();
    this.#nextSync ??= this.#syncing.then(start, start);
    return this.#nextSync;
  }

  #startSync(): Promise<void> {
    this.#nextSync = undefined;
    const syncing = this.active.sync();
    const clear = () => {
      if (this.#syncing === syncing) this.#syncing = undefined;
    };
    syncing.then(clear, clear);
    this.#syncing = syncing;
    return syncing;
  }

  /** Deletes the first segment, which must not be the active one. */
  dropOldest(): void {
    this.segments.shift()?.delete();
  }

  /** Puts the compacted `merged` in the place of neighbouring segments; its file is in the place of the first's. */
  replaceSegments(group: readonly Segment[], merged: Segment): void {
    const at = this.segments.indexOf(group[0]);
    // An empty one is kept only at the start of the log, whose offset it says.
    const kept = merged.size > 0 || at === 0 ? [merged] : [];
    this.segments.splice(at, group.length, ...kept);
    if (kept.length === 0) merged.delete();
    for (const segment of group.slice(1)) segment.delete();
  }

  close(): void {
    this.closed = true;
    for (const segment of this.segments) segment.close();
  }
}
