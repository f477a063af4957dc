import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findCases } from './cases.ts';

let folder: URL;

beforeEach(async () => {
  folder = pathToFileURL(`${await mkdtemp(path.join(tmpdir(), 'ati-cases-'))}/`);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = (file: string, name: string) =>
  writeFile(
    new URL(file, folder),
    `export default { name: '${name}', about: 'x', quick: true, run: async () => undefined };`,
  );

test('every file is a case, in the order of names', async () => {
  await put('b.case.ts', 'b');
  await put('a.case.ts', 'a');
  await writeFile(new URL('helper.ts', folder), 'throw new Error("not a case")');
  expect((await findCases([], folder)).map(({ name }) => name)).toEqual(['a', 'b']);
});

test('those that are asked for, in that order, and no other is loaded', async () => {
  await put('a.case.ts', 'a');
  await put('b.case.ts', 'b');
  await writeFile(new URL('broken.case.ts', folder), 'throw new Error("half-written")');
  expect((await findCases(['b', 'a'], folder)).map(({ name }) => name)).toEqual(['b', 'a']);
});

test('an unknown one is told with those that there are', async () => {
  await put('a.case.ts', 'a');
  await expect(findCases(['c'], folder)).rejects.toThrow('no case c; there are: a');
});

test('a file whose case has another name is an error', async () => {
  await put('a.case.ts', 'b');
  await expect(findCases([], folder)).rejects.toThrow('a.case.ts: must export');
});

test('the project has those that must be there', async () => {
  const names = (await findCases(['detect', 'sink'])).map(({ name }) => name);
  expect(names).toEqual(['detect', 'sink']);
});
