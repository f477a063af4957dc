import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { derivedSalt, hasher, persistedSalt } from './salt.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ati-salt-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('RFC 4231 test case 2, the first 16 hex digits', () => {
  expect(hasher(Buffer.from('Jefe'))(Buffer.from('what do ya want for nothing?'))).toBe('5bdcc146bf60754e');
});

test('made once, then the same for ever; readable by its owner only; no draft is left', async () => {
  const first = await persistedSalt(dir, 'default');
  expect(first).toHaveLength(32);
  expect(await persistedSalt(dir, 'default')).toEqual(first);
  expect((await stat(join(dir, 'salts', 'default'))).mode & 0o777).toBe(0o600);
  expect(await readdir(join(dir, 'salts'))).toEqual(['default']);
});

test('ingests that start at once get the same salt', async () => {
  const salts = await Promise.all(Array.from({ length: 8 }, () => persistedSalt(dir, 'default')));
  expect(new Set(salts.map((salt) => Buffer.from(salt).toString('hex'))).size).toBe(1);
});

test('two tenants have two salts', async () => {
  expect(await persistedSalt(dir, 'a')).not.toEqual(await persistedSalt(dir, 'b'));
  expect(derivedSalt('secret', 'a')).not.toEqual(derivedSalt('secret', 'b'));
  expect(derivedSalt('secret', 'a')).toEqual(derivedSalt('secret', 'a'));
});

test.each(['', 'abc', 'z'.repeat(64)])('a damaged file (%j) is an error and stays as it is', async (text) => {
  await persistedSalt(dir, 'default');
  const path = join(dir, 'salts', 'default');
  await writeFile(path, text);
  await expect(persistedSalt(dir, 'default')).rejects.toThrow('is not a salt');
  expect(await readFile(path, 'utf8')).toBe(text);
});
