/** The fuzzer itself: it finds what is broken, survives what kills it, and says how to see it again. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { crashersOf, readCrasher } from './crashers.ts';
import { judge } from './judge.ts';
import { targets } from './targets/registry.ts';
import { fuzzWatched } from './watched.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const run = (...args: string[]) =>
  spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });

const FIXTURES = {
  throws: new URL('./fixtures/throws.ts', import.meta.url),
  hangs: new URL('./fixtures/hangs.ts', import.meta.url),
  exits: new URL('./fixtures/exits.ts', import.meta.url),
};
const fixture = (name: keyof typeof FIXTURES, seconds: number) =>
  fuzzWatched(name, fileURLToPath(FIXTURES[name]), {
    seed: 1,
    seconds,
    hangsMs: 2_000,
    progress: () => undefined,
  });

test('a throw, a hang and a dying process are found, and told apart', async () => {
  // One found ends the process, and with it its time.
  const reports = [await fixture('throws', 2), await fixture('hangs', 0.1), await fixture('exits', 0.1)];
  const found = reports.map((report) =>
    report.found.map(({ key, input }) => [key, Buffer.from(input).toString('latin1')]),
  );
  expect(found).toEqual([
    [['RangeError: thrown on purpose', 'THROW']],
    [['hangs', 'HANG']],
    [['the process ended with code 7', 'EXIT']],
  ]);
});

describe('npm run fuzz', () => {
  test('counts what it does, and ends with a plain line', () => {
    const { status, stdout } = run('--minutes', '0.05', '--target', 'commit-metadata', '--seed', '5');
    expect(stdout).toMatch(/^commit-metadata +[\d,]+ /m);
    expect(stdout).toMatch(/^PASS {2}nothing broke: [\d,]+ inputs over 1 target in \d+ s, seed 5$/m);
    expect(status).toBe(0);
  });

  test('says what is wrong with its options', () => {
    const { status, stderr } = run('--target', 'nothing');
    expect(stderr).toContain('no target is called nothing; there are api');
    expect(status).toBe(2);
  });

  test('replays a kept input', () => {
    const [file] = crashersOf('api');
    const { status, stdout } = run('--replay', path.relative(process.cwd(), file));
    expect(stdout).toBe('PASS  api holds for this input\n');
    expect(status).toBe(0);
  });
});

test('targets with a process of their own hold for what once broke them', async () => {
  for (const { target } of targets.filter((each) => each.target.heavy)) {
    const files = crashersOf(target.name);
    if (files.length === 0) continue;
    const started = await target.start();
    try {
      for (const file of files)
        expect([file, (await judge(started, readCrasher(file))).verdict]).toEqual([file, undefined]);
    } finally {
      await started.stop?.();
    }
  }
});
