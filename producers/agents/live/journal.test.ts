import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Journal } from './journal.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ati-journal-'));
  file = path.join(folder, 'new', 'agent.journal');
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);

test('writes stand in the order in which they were asked for', async () => {
  const journal = new Journal(file);
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i}\n`);
  await Promise.all(lines.map((line) => journal.append(bytes(line))));
  expect(await readFile(file, 'utf8')).toBe(lines.join(''));
  await journal.close();
});

test('writers wait for each other: one at a time, first in first out', async () => {
  const journal = new Journal(file);
  const done: number[] = [];
  const writes = [0, 1, 2, 3].map((i) => journal.append(bytes('x')).then(() => done.push(i)));
  expect([journal.queue.held, journal.queue.waiting]).toEqual([1, 3]);
  await Promise.all(writes);
  expect(done).toEqual([0, 1, 2, 3]);
  expect([journal.queue.held, journal.queue.waiting]).toEqual([0, 0]);
  await journal.close();
});

test('it starts again from its beginning rather than grow past its limit', async () => {
  const journal = new Journal(file, 100);
  for (let i = 0; i < 25; i++) {
    await journal.append(bytes(`${i}`.padStart(10, '.')));
    expect((await stat(file)).size).toBeLessThanOrEqual(100);
  }
  expect(await readFile(file, 'utf8')).toBe([20, 21, 22, 23, 24].map((i) => `........${i}`).join(''));
  await journal.close();
});

test('one write larger than the limit is written whole', async () => {
  const journal = new Journal(file, 10);
  await journal.append(bytes('a'.repeat(30)));
  await journal.append(bytes('b'.repeat(30)));
  expect(await readFile(file, 'utf8')).toBe('b'.repeat(30));
  await journal.close();
});

test('a restart goes on with the file, and knows its size', async () => {
  const first = new Journal(file, 100);
  await first.append(bytes('a'.repeat(60)));
  await first.close();
  const second = new Journal(file, 100);
  await second.append(bytes('b'.repeat(30)));
  expect((await stat(file)).size).toBe(90);
  await second.append(bytes('c'.repeat(30)));
  expect(await readFile(file, 'utf8')).toBe('c'.repeat(30));
  await second.close();
});

test('closing waits for the writes before it; after it there are none', async () => {
  const journal = new Journal(file);
  const write = journal.append(bytes('kept'));
  await journal.close();
  await write;
  expect(await readFile(file, 'utf8')).toBe('kept');
  await expect(journal.append(bytes('x'))).rejects.toThrow('the journal is closed');
});

test('what cannot be written is said, and does not stop the next writer', async () => {
  const journal = new Journal(path.join(folder, 'journal'));
  await rm(folder, { recursive: true });
  const blocked = new Journal('/dev/null/journal');
  await expect(blocked.append(bytes('x'))).rejects.toThrow();
  await expect(blocked.append(bytes('x'))).rejects.toThrow();
  await journal.append(bytes('x')); // makes its folder again
  await journal.close();
});
