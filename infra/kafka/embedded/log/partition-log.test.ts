import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { buildBatch } from '../batch/build.ts';
import { readHeader } from '../batch/header.ts';
import { topicConfig } from '../topics/config.ts';
import { CODE } from '../wire/codes.ts';
import { compactIfDue } from './compact.ts';
import { writeAll } from './files.ts';
import { PartitionLog, type PartitionOptions } from './partition-log.ts';
import { applyRetention } from './retention.ts';

const directories: string[] = [];
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ati-partition-'));
  directories.push(directory);
  return directory;
}

let now = Date.now();

function open(directory: string, options: Partial<PartitionOptions> = {}): PartitionLog {
  return new PartitionLog({
    directory,
    name: 't-0',
    verify: true,
    fsync: false,
    log: silent,
    clock: () => now,
    ...options,
  });
}

function config(entries: Record<string, string> = {}) {
  const parsed = topicConfig(entries);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.config;
}

const batch = (value: string, key?: string) => buildBatch({ records: [{ key, value, timestamp: now }] });
const kilobytes = (n: number) => 'x'.repeat(n * 1000);
const files = (directory: string) => readdirSync(directory).sort();

/** Base offsets of all batches. */
function offsets(log: PartitionLog): number[] {
  const found: number[] = [];
  for (let offset = log.startOffset; offset < log.endOffset; ) {
    const header = readHeader(log.read(offset, 1)!)!;
    found.push(header.baseOffset);
    offset = header.lastOffset + 1;
  }
  return found;
}

describe('segments', () => {
  test('a full one is followed by the next, and reading goes through all of them', () => {
    const directory = newDirectory();
    const log = open(directory);
    for (let i = 0; i < 5; i++) log.append(batch(kilobytes(400)), config({ 'segment.bytes': '1048576' }));
    expect(files(directory)).toEqual([
      '00000000000000000000.log',
      '00000000000000000002.log',
      '00000000000000000004.log',
    ]);
    expect(offsets(log)).toEqual([0, 1, 2, 3, 4]);
    log.close();
    const again = open(directory);
    expect(offsets(again)).toEqual([0, 1, 2, 3, 4]);
    again.close();
  });

  test('an old one is followed by the next', () => {
    const log = open(newDirectory());
    log.append(batch('a'), config({ 'segment.ms': '1000' }));
    now += 1_001;
    log.append(batch('b'), config({ 'segment.ms': '1000' }));
    expect(log.segments).toHaveLength(2);
    log.close();
  });

  test('every offset of many small batches is found through the index', () => {
    const log = open(newDirectory());
    for (let i = 0; i < 500; i++)
      log.append(buildBatch({ records: [{ value: 'a' }, { value: 'b' }] }), config());
    for (let offset = 0; offset < 1000; offset++) {
      expect(readHeader(log.read(offset, 1)!)?.baseOffset).toBe(offset - (offset % 2));
    }
    expect(log.read(1000, 1)?.length).toBe(0);
    expect(log.read(1001, 1)).toBeUndefined();
    log.close();
  });
});

describe('a crash', () => {
  test.each([
    ['a part of a header', Buffer.alloc(20, 1)],
    ['a header without its records', batch('torn').subarray(0, 65)],
    ['zeros', Buffer.alloc(1000)],
    ['a batch of offsets that are there already', batch('again')],
  ])('leaves %s: it is cut off', (_, tail) => {
    const directory = newDirectory();
    const log = open(directory);
    for (let i = 0; i < 3; i++) log.append(batch(`${i}`), config());
    log.close();
    const file = join(directory, files(directory)[0]);
    const size = statSync(file).size;
    appendFileSync(file, tail);
    const again = open(directory);
    expect(statSync(file).size).toBe(size);
    expect(again.append(batch('3'), config())).toMatchObject({ ok: true, baseOffset: 3 });
    again.close();
  });

  test('in the middle of a merge of segments leaves one that is superseded: it goes', () => {
    const directory = newDirectory();
    const log = open(directory);
    for (let i = 0; i < 2; i++) log.append(batch(`${i}`), config());
    log.close();
    appendFileSync(join(directory, '00000000000000000001.log'), batch('stale'));
    const again = open(directory);
    expect(files(directory)).toEqual(['00000000000000000000.log']);
    expect(again.endOffset).toBe(2);
    again.close();
  });
});

describe('a disk that is full', () => {
  test('costs the batch, not the file: what was written of it is cut off, and the next one fits', () => {
    const directory = newDirectory();
    let full = false;
    const write: typeof writeAll = (fd, bytes, position) => {
      if (!full) return writeAll(fd, bytes, position);
      writeAll(fd, bytes.subarray(0, bytes.length / 2), position);
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', syscall: 'write' });
    };
    const log = open(directory, { write });
    log.append(batch('a'), config());
    const size = statSync(join(directory, files(directory)[0])).size;
    full = true;
    const idempotent = { producerId: 5, producerEpoch: 0, baseSequence: 0 };
    const refused = log.append(buildBatch({ records: [{ value: 'b' }], ...idempotent }), config());
    expect(refused).toMatchObject({ ok: false, code: CODE.KAFKA_STORAGE_ERROR });
    expect(statSync(join(directory, files(directory)[0])).size).toBe(size);
    full = false;
    const again = log.append(buildBatch({ records: [{ value: 'b' }], ...idempotent }), config());
    expect(again).toMatchObject({ ok: true, baseOffset: 1 });
    expect(offsets(log)).toEqual([0, 1]);
    log.close();
  });
});

describe('retention', () => {
  test('by bytes keeps at least that much; by time also the active segment goes', () => {
    const directory = newDirectory();
    const log = open(directory);
    const settings = { 'segment.bytes': '1048576', 'retention.bytes': '1000000', 'retention.ms': '5000' };
    for (let i = 0; i < 6; i++) log.append(batch(kilobytes(400)), config(settings));
    expect(applyRetention(log, config(settings), now)).toBe(1);
    expect(log.startOffset).toBe(2);
    expect(applyRetention(log, config(settings), now + 5_000)).toBe(0);
    expect(applyRetention(log, config(settings), now + 5_001)).toBe(2);
    expect([log.startOffset, log.endOffset]).toEqual([6, 6]);
    log.close();
    const again = open(directory);
    expect(again.append(batch('next'), config(settings))).toMatchObject({ baseOffset: 6 });
    again.close();
  });
});

describe('compaction', () => {
  const EAGER = { 'cleanup.policy': 'compact', 'segment.ms': '1', 'min.cleanable.dirty.ratio': '0' };

  /** Appends each batch to a segment of its own. */
  function fill(log: PartitionLog, batches: readonly Buffer[]): void {
    for (const bytes of batches) {
      now += 10;
      expect(log.append(bytes, config(EAGER)).ok).toBe(true);
    }
    now += 10;
  }

  test('merges small segments, and survives a restart', async () => {
    const directory = newDirectory();
    const log = open(directory);
    fill(
      log,
      ['1', '2', '3'].flatMap((value) => [batch(value, 'a'), batch(value, 'b')]),
    );
    expect(await compactIfDue(log, config(EAGER), now)).toBe(true);
    expect(offsets(log)).toEqual([4, 5]);
    expect(log.segments).toHaveLength(2);
    log.close();
    const again = open(directory);
    expect(offsets(again)).toEqual([4, 5]);
    expect(again.endOffset).toBe(6);
    again.close();
  });

  test('does nothing again until there is something new', async () => {
    const log = open(newDirectory());
    fill(log, [batch('1', 'a'), batch('2', 'a')]);
    expect(await compactIfDue(log, config(EAGER), now)).toBe(true);
    expect(await compactIfDue(log, config(EAGER), now)).toBe(false);
    fill(log, [batch('3', 'a')]);
    expect(await compactIfDue(log, config(EAGER), now)).toBe(true);
    expect(offsets(log)).toEqual([2]);
    log.close();
  });

  test('keeps a tombstone for delete.retention.ms, then comes back for it', async () => {
    const log = open(newDirectory());
    now = Date.now(); // the age of a segment is that of its file
    fill(log, [
      batch('1', 'a'),
      buildBatch({ records: [{ key: 'a', value: null, timestamp: now }] }),
      batch('1', 'b'),
    ]);
    await compactIfDue(log, config(EAGER), now);
    expect(offsets(log)).toEqual([1, 2]);
    expect(await compactIfDue(log, config(EAGER), now + 86_000_000)).toBe(false);
    expect(await compactIfDue(log, config(EAGER), now + 86_500_000)).toBe(true);
    expect(offsets(log)).toEqual([2]);
    log.close();
  });

  test('keeps a tombstone while an older batch cannot be read: a value may hide in it', async () => {
    const log = open(newDirectory());
    now = Date.now();
    const snappy = buildBatch({
      records: [{ key: 'a', value: 'v', timestamp: now }],
      compression: 2,
      body: Buffer.from('?'),
    });
    fill(log, [
      snappy,
      buildBatch({ records: [{ key: 'a', value: null, timestamp: now }] }),
      batch('1', 'b'),
    ]);
    await compactIfDue(log, config({ ...EAGER, 'delete.retention.ms': '0' }), now + 1_000);
    expect(offsets(log)).toEqual([0, 1, 2]);
    log.close();
  });

  test('leaves a producer’s last sequence in the log', async () => {
    const directory = newDirectory();
    const log = open(directory);
    const idempotent = (baseSequence: number) =>
      buildBatch({
        records: [{ key: 'a', value: 'p', timestamp: now }],
        producerId: 9,
        producerEpoch: 0,
        baseSequence,
      });
    fill(log, [idempotent(0), idempotent(1), batch('other', 'a')]);
    await compactIfDue(log, config(EAGER), now);
    expect(offsets(log)).toEqual([1, 2]);
    log.close();
    const again = open(directory);
    expect(again.append(idempotent(5), config(EAGER))).toMatchObject({
      code: CODE.OUT_OF_ORDER_SEQUENCE_NUMBER,
    });
    expect(again.append(idempotent(2), config(EAGER))).toMatchObject({ ok: true });
    again.close();
  });

  test('waits for min.compaction.lag.ms', async () => {
    const log = open(newDirectory());
    fill(log, [batch('1', 'a'), batch('2', 'a')]);
    const lag = config({ ...EAGER, 'min.compaction.lag.ms': '60000' });
    expect(await compactIfDue(log, lag, now)).toBe(false);
    expect(await compactIfDue(log, lag, now + 60_000)).toBe(true);
    log.close();
  });
});
