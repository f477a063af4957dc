/**
 * Compaction: of each key the last record stays, on closed segments (KIP-71 in its simplest form).
 *
 * Segments are rewritten in groups that fit into one, each put in place by a rename. A tombstone goes once its
 * segment has not been written to for `delete.retention.ms`. Batches whose records cannot be read (snappy, lz4: Node
 * has no codec for them) stay as they are, and so do all tombstones behind them, since an old value may hide inside.
 */
import { closeSync, fdatasync, openSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { compressionName } from '../batch/compression.ts';
import { readRecords } from '../batch/records.ts';
import type { TopicConfig } from '../topics/config.ts';
import { rebuildBatch } from './clean-batch.ts';
import { writeAll } from './files.ts';
import type { PartitionLog } from './partition-log.ts';
import { Segment } from './segment.ts';

const syncFile = promisify(fdatasync);
/** Other requests get their turn after this many bytes. */
const YIELD_BYTES = 1 << 20;

/** Last offset of each key. */
type LastOffsets = ReadonlyMap<string, number>;

/** Compacts when enough is dirty, or something has waited for long enough. True when it did. */
export async function compactIfDue(log: PartitionLog, config: TopicConfig, now: number): Promise<boolean> {
  if (!config.compact) return false;
  log.rollIfDue(config, now, 0);
  const closed = cleanable(log, config, now);
  const dirty = closed.filter((segment) => segment.baseOffset >= log.compactedTo);
  const bytes = (segments: readonly Segment[]) => segments.reduce((sum, { size }) => sum + size, 0);
  const due =
    (dirty.length > 0 && bytes(dirty) >= config.minDirtyRatio * bytes(closed)) ||
    dirty.some((segment) => now - segment.createdAt > config.maxCompactionLagMs) ||
    now > log.tombstonesDueAt;
  if (!due || bytes(closed) === 0) return false;
  await compact(log, config, closed, dirty, now);
  return true;
}

/** Closed segments from the start on, up to the first that has a record younger than `min.compaction.lag.ms`. */
function cleanable(log: PartitionLog, config: TopicConfig, now: number): Segment[] {
  const closed = log.segments.slice(0, -1);
  const fresh = closed.findIndex((segment) => now - segment.maxTimestamp < config.minCompactionLagMs);
  return fresh < 0 ? closed : closed.slice(0, fresh);
}

async function compact(
  log: PartitionLog,
  config: TopicConfig,
  closed: readonly Segment[],
  dirty: readonly Segment[],
  now: number,
): Promise<void> {
  const last = await lastOffsets(log, dirty);
  const pass: Pass = {
    last,
    tombstonesBefore: now - config.deleteRetentionMs,
    opaque: false,
    dueAt: Infinity,
  };
  for (const group of groups(closed, config.segmentBytes)) {
    if (log.closed) return;
    const merged = await rewrite(log, group, pass);
    if (merged) log.replaceSegments(group, merged);
  }
  log.compactedTo = closed[closed.length - 1].nextOffset;
  log.tombstonesDueAt = pass.dueAt + config.deleteRetentionMs;
}

async function lastOffsets(log: PartitionLog, segments: readonly Segment[]): Promise<LastOffsets> {
  const last = new Map<string, number>();
  for (const segment of segments) {
    for await (const { batch, header } of batches(segment)) {
      if (log.closed) return last;
      for (const { key, offset } of readRecords(batch, header) ?? []) {
        if (key !== null) last.set(key.toString('latin1'), offset);
      }
    }
  }
  return last;
}

/** Neighbours that fit into one segment together. */
function groups(segments: readonly Segment[], limit: number): Segment[][] {
  const result: Segment[][] = [];
  let size = 0;
  for (const segment of segments) {
    const group = result.at(-1);
    if (group && size + segment.size <= limit) {
      group.push(segment);
      size += segment.size;
    } else {
      result.push([segment]);
      size = segment.size;
    }
  }
  return result;
}

interface Pass {
  readonly last: LastOffsets;
  /** Tombstones in segments last written before this go (milliseconds). */
  readonly tombstonesBefore: number;
  /** A batch that could not be read has been passed. */
  opaque: boolean;
  /** When the oldest segment that still has a tombstone was last written. */
  dueAt: number;
}

/** Writes what stays of a group to one file and puts it in the place of the first; undefined when the log is gone. */
async function rewrite(
  log: PartitionLog,
  group: readonly Segment[],
  pass: Pass,
): Promise<Segment | undefined> {
  const [first] = group;
  const keepHeaders = log.sequences.lastBatches();
  const temporary = `${first.path}~`;
  const fd = openSync(temporary, 'w');
  let size = 0;
  let writtenAt = 0;
  try {
    for (const segment of group) {
      const { mtimeMs } = statSync(segment.path);
      writtenAt = Math.max(writtenAt, mtimeMs);
      for await (const { batch, header } of batches(segment)) {
        if (log.closed) return undefined;
        const records = readRecords(batch, header);
        if (records === undefined && !pass.opaque) {
          const codec = compressionName(header.compression);
          log.options.log.info(
            { partition: log.options.name, codec },
            'cannot look into batches: they stay as they are',
          );
          pass.opaque = true;
        }
        const kept = records?.filter(({ key, offset, tombstone }) => {
          if (key === null) return true;
          if (offset < (pass.last.get(key.toString('latin1')) ?? offset)) return false;
          if (!tombstone || pass.opaque) return true;
          if (mtimeMs < pass.tombstonesBefore) return false;
          pass.dueAt = Math.min(pass.dueAt, mtimeMs);
          return true;
        });
        if (kept?.length === 0 && !keepHeaders.has(header.baseOffset)) continue;
        const bytes = kept && kept.length < header.count ? rebuildBatch(batch, header, kept) : batch;
        writeAll(fd, bytes, size);
        size += bytes.length;
      }
    }
    await syncFile(fd);
    if (log.closed) return undefined;
    // The time of the last append stays the file's time: tombstones are counted from it.
    utimesSync(temporary, new Date(), new Date(writtenAt));
    for (const segment of group) segment.close();
    renameSync(temporary, first.path);
  } finally {
    closeSync(fd);
    rmSync(temporary, { force: true });
  }
  const merged = new Segment(log.options.directory, first.baseOffset);
  merged.load(false, () => undefined);
  merged.createdAt = first.createdAt;
  merged.close();
  return merged;
}

/** The batches of a closed segment, with a pause for others every so often. */
async function* batches(segment: Segment) {
  const headers: Parameters<typeof segment.batch>[] = [];
  segment.scan((header, position) => {
    headers.push([header, position]);
    return true;
  });
  let bytes = 0;
  for (const [header, position] of headers) {
    yield { batch: segment.batch(header, position), header };
    bytes += header.size;
    if (bytes < YIELD_BYTES) continue;
    bytes = 0;
    await setImmediate();
  }
  segment.close();
}
