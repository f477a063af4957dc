import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeAll } from '../log/files.ts';
import { Offsets } from './offsets.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ati-offsets-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const at = (partition: number, offset: number, metadata = '') => ({
  topic: 't',
  partition,
  offset,
  metadata,
});

test('what is committed is there after a restart, the last commit of each partition', () => {
  const offsets = new Offsets(directory, false);
  offsets.commit('g', [at(0, 1), at(1, 1, 'é"\n')]);
  offsets.commit('g', [at(0, 2, 'floor')]);
  offsets.commit('other', [at(0, 9)]);
  const again = new Offsets(directory, false); // without a stop: as after kill -9
  expect(again.get('g', 't', 0)).toEqual({ offset: 2, metadata: 'floor' });
  expect(again.get('g', 't', 1)).toEqual({ offset: 1, metadata: 'é"\n' });
  expect(again.get('other', 't', 0)?.offset).toBe(9);
  expect(again.get('g', 't', 2)).toBeUndefined();
  offsets.close();
  again.close();
});

test('a torn last commit is cut off whole, and the next one is good', () => {
  const offsets = new Offsets(directory, false);
  offsets.commit('g', [at(0, 1), at(1, 1)]);
  offsets.close();
  appendFileSync(join(directory, 'offsets.log'), Buffer.from([0, 0, 0, 50, 1, 2, 3, 4, 91, 34]));
  const again = new Offsets(directory, false);
  again.commit('g', [at(0, 2)]);
  again.close();
  const third = new Offsets(directory, false);
  expect([third.get('g', 't', 0)?.offset, third.get('g', 't', 1)?.offset]).toEqual([2, 1]);
  third.close();
});

test('a deleted topic takes its offsets with it', () => {
  const offsets = new Offsets(directory, false);
  offsets.commit('g', [at(0, 1), { ...at(0, 5), topic: 'u' }]);
  offsets.commit('h', [at(3, 1)]);
  offsets.removeTopic('t');
  const again = new Offsets(directory, false);
  expect(again.ofGroup('g')).toEqual([{ ...at(0, 5), topic: 'u' }]);
  expect(again.groups()).toEqual(['g']);
  offsets.close();
  again.close();
});

test('the file is compacted when it has grown, and holds the same', () => {
  const offsets = new Offsets(directory, false);
  const metadata = 'm'.repeat(4000);
  for (let i = 0; i < 1000; i++) offsets.commit(`g${i % 3}`, [at(i % 2, i, metadata)]);
  expect(statSync(join(directory, 'offsets.log')).size).toBeLessThan(2 << 20);
  const again = new Offsets(directory, false);
  for (const group of offsets.groups()) expect(again.ofGroup(group)).toEqual(offsets.ofGroup(group));
  expect(again.get('g0', 't', 1)?.offset).toBe(999);
  offsets.close();
  again.close();
});

test('a full disk is an error, and nothing is committed by halves', () => {
  let full = false;
  const write: typeof writeAll = (fd, bytes, position) => {
    if (!full) return writeAll(fd, bytes, position);
    writeAll(fd, bytes.subarray(0, 9), position);
    throw Object.assign(new Error('ENOSPC'), { syscall: 'write' });
  };
  const offsets = new Offsets(directory, false, write);
  offsets.commit('g', [at(0, 1)]);
  full = true;
  expect(() => offsets.commit('g', [at(0, 2)])).toThrow('ENOSPC');
  expect(offsets.get('g', 't', 0)?.offset).toBe(1);
  full = false;
  offsets.commit('g', [at(0, 3)]);
  const again = new Offsets(directory, false);
  expect(again.get('g', 't', 0)?.offset).toBe(3);
  offsets.close();
  again.close();
});
