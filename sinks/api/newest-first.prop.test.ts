import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newestFirst } from './newest-first.ts';

const DAY_MS = 86_400_000;
const NOW = 1_700_000_000_000;

/** Times of rows, ms before now: of the last minutes, hours, weeks, and years. */
const ago = fc.oneof(
  fc.integer({ min: 0, max: 1_000_000 }),
  fc.integer({ min: 0, max: 10 * DAY_MS }),
  fc.integer({ min: 0, max: NOW }),
);

test('the newest rows of the list, whatever there is and however many are wanted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(ago, { maxLength: 30 }),
      fc.integer({ min: 1, max: 12 }),
      fc.option(ago, { nil: undefined }),
      async (times, wanted, range) => {
        const from = range === undefined ? undefined : NOW - range;
        const newest = times.map((each) => NOW - each).toSorted((a, b) => b - a);
        const given = (since: number | undefined) =>
          newest.filter((time) => time >= (since ?? 0)).slice(0, wanted);
        const asked: (number | undefined)[] = [];
        const found = await newestFirst({ end: NOW, from }, wanted, async (since) => {
          asked.push(since);
          return given(since);
        });
        expect(found).toEqual(given(from));
        // Never before the list ends, and further back each time.
        expect(asked.every((since) => (since ?? 0) >= (from ?? 0))).toBe(true);
        expect(asked.map((since) => since ?? 0)).toEqual(
          [...new Set(asked.map((since) => since ?? 0))].toSorted((a, b) => b - a),
        );
      },
    ),
  );
});

test('what is new is found at once, what is old with few questions', async () => {
  const asked: (number | undefined)[] = [];
  const ask = (rows: number[]) => async (since: number | undefined) => {
    asked.push(since);
    return rows;
  };
  await newestFirst({ end: NOW, from: undefined }, 1, ask([1]));
  expect(asked.length).toBe(1);
  await newestFirst({ end: NOW, from: undefined }, 1, ask([]));
  expect(asked.length).toBe(7);
  expect(asked.at(-1)).toBeUndefined();
});
