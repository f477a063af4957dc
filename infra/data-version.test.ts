import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DATA_FORMAT, type DataMigration, openDataVersion } from './data-version.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ati-version-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = () => join(directory, 'VERSION');
const written = () => JSON.parse(readFileSync(file(), 'utf8')) as { format: number; ati: string };
const reasonOf = (opened: ReturnType<typeof openDataVersion>) => (opened.ok ? '' : opened.reason);

test('a new directory gets this version, and is opened again without a change', () => {
  expect(openDataVersion(directory)).toEqual({ ok: true, migrated: [] });
  expect(written()).toMatchObject({ format: DATA_FORMAT });
  const bytes = readFileSync(file());
  expect(openDataVersion(directory)).toEqual({ ok: true, migrated: [] });
  expect(readFileSync(file())).toEqual(bytes);
  expect(readdirSync(directory)).toEqual(['VERSION']);
});

test('one from before there were versions is migrated', () => {
  mkdirSync(join(directory, 'kafka'));
  expect(openDataVersion(directory)).toEqual({ ok: true, migrated: [expect.any(String)] });
  expect(written().format).toBe(DATA_FORMAT);
});

test('an older one runs each step once, and goes on after a step that failed', () => {
  writeFileSync(file(), '{"format":1,"ati":"0.0.1"}\n');
  const ran: string[] = [];
  let broken = true;
  const step = (about: string): DataMigration => ({
    about,
    run: () => {
      if (about === 'third' && broken) throw new Error('disk full');
      ran.push(about);
    },
  });
  const steps = ['first', 'second', 'third'].map(step);
  expect(reasonOf(openDataVersion(directory, steps))).toMatch(
    /from format 2 to 3 \(third\): disk full; .*start again/,
  );
  expect(written().format).toBe(2);
  broken = false;
  expect(openDataVersion(directory, steps)).toEqual({ ok: true, migrated: ['third'] });
  expect(ran).toEqual(['second', 'third']);
  expect(written().format).toBe(3);
});

test('a newer one is refused and left as it is', () => {
  const newer = '{"format":99,"ati":"9.1.0"}\n';
  writeFileSync(file(), newer);
  expect(reasonOf(openDataVersion(directory))).toMatch(
    /was written by ATI 9\.1\.0 \(format 99\).*ATI_DATA_DIR/,
  );
  expect(readFileSync(file(), 'utf8')).toBe(newer);
});

test.each(['', '{"format":1,"at', '{}', 'null', '{"format":"1","ati":"0.1.0"}', '{"format":0,"ati":""}'])(
  'a damaged one (%j) is told, and left as it is',
  (content) => {
    writeFileSync(file(), content);
    expect(reasonOf(openDataVersion(directory))).toContain('VERSION is damaged');
    expect(readFileSync(file(), 'utf8')).toBe(content);
  },
);

test('what a crash left beside it is no version: the whole file is put in place at once', () => {
  writeFileSync(join(directory, 'VERSION~'), '{"for');
  expect(openDataVersion(directory)).toEqual({ ok: true, migrated: [] });
  expect(readdirSync(directory)).toEqual(['VERSION']);
});
