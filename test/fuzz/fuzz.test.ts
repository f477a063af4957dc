/** What once broke stays mended, and a bounded part of `npm run fuzz` runs with the other tests. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { crashersOf, readCrasher } from './crashers.ts';
import { fuzz } from './fuzzer.ts';
import { judge } from './judge.ts';
import { minimise } from './minimise.ts';
import { Chance } from './random.ts';
import { schedule } from './schedule.ts';
import { targets } from './targets/registry.ts';

const QUICK = 1_500;
/** Another one for those who look further: ATI_FUZZ_SEED. */
const seed = Number(process.env.ATI_FUZZ_SEED ?? 1);
const all = targets;

describe.each(all.filter(({ target }) => !target.heavy))('$target.name', ({ target }) => {
  test('holds for what once broke it, and for a few new inputs', async () => {
    const started = await target.start();
    try {
      for (const file of crashersOf(target.name))
        expect([file, (await judge(started, readCrasher(file))).verdict]).toEqual([file, undefined]);
      const most = target.quick ?? QUICK;
      const found: string[] = [];
      const { inputs } = await fuzz(target, started, {
        seed,
        crashed: (input, { message }) => {
          found.push(`${message}\n${Buffer.from(input).toString('hex')}`);
        },
        more: (counts) => counts.inputs < started.seeds.length + most,
      });
      expect(inputs).toBeGreaterThanOrEqual(most);
      expect(found).toEqual([]);
    } finally {
      await started.stop?.();
    }
  });
});

test('the same seed makes the same inputs', async () => {
  const { target } = all.find((each) => each.target.name === 'otlp-json')!;
  const inputsOf = async () => {
    const seen: string[] = [];
    const started = await target.start();
    await fuzz(target, started, {
      seed: 3,
      before: (input) => seen.push(Buffer.from(input).toString('hex')),
      crashed: () => undefined,
      more: ({ inputs }) => inputs < 100,
    });
    // How large a batch is depends on the time it takes, what is in it does not.
    return seen.slice(0, 60);
  };
  expect(await inputsOf()).toEqual(await inputsOf());
});

test('a crasher is made as small as what makes it one', async () => {
  const run = async (input: Uint8Array) => ({
    ms: 0,
    verdict: Buffer.from(input).includes('bug') ? { key: 'k', message: 'm' } : undefined,
  });
  const input = Uint8Array.from([...new Chance('noise').bytes(500), ...Buffer.from('bug'), 1, 2, 3]);
  expect(Buffer.from(await minimise(input, 'k', run)).toString()).toBe('bug');
});

test('every file of targets/ is a target by its name', () => {
  const files = readdirSync(path.join(import.meta.dirname, 'targets')).filter(
    (name) => name !== 'registry.ts',
  );
  expect(all.map(({ target }) => `${target.name}.ts`).sort()).toEqual(files.sort());
});

test('every target has its turn, and the lanes are as long as asked', () => {
  const lanes = schedule(all, 2, 600);
  expect(
    lanes
      .flat()
      .map(({ target }) => target.name)
      .sort(),
  ).toEqual(all.map(({ target }) => target.name).sort());
  for (const lane of lanes) {
    const length = lane.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(length).toBeGreaterThan(400);
    expect(length).toBeLessThan(800);
  }
});
