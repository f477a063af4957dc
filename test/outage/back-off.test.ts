import { expect, test } from 'vitest';
import { backOff } from './back-off.ts';
import { Metrics } from './watch.ts';

/** Two samples a second over an outage of two minutes; `count`: attempts that failed until then. */
const samples = (count: (seconds: number) => number) =>
  Array.from({ length: 240 }, (_, i) => ({
    minute: i / 120,
    rss: 100,
    metrics: new Metrics(
      `ati_insert_retries_total{table="a"} ${count(i / 2)}\nati_insert_retries_total{table="b"} 1\nati_other 7`,
    ),
  }));

const verdict = (count: (seconds: number) => number) => backOff(samples(count), 0, 2).map(({ ok }) => ok);

test('growing pauses pass', () => {
  // Five writers: eight attempts each in the first ten seconds, then one in eight seconds.
  expect(verdict((s) => (s < 10 ? 4 * s : 40 + ((s - 10) * 5) / 8))).toEqual([true, true, true]);
});

test('a storm does not, nor do pauses that never grow', () => {
  expect(verdict((s) => 20 * s)).toEqual([true, false, false]);
  expect(verdict((s) => 2 * s)).toEqual([true, true, false]);
});

test('nobody who tries at all is no success', () => {
  expect(verdict(() => 0)[0]).toBe(false);
});
