import { expect, test } from 'vitest';
import { boundOf, judge } from './bounds.ts';

/** `minutes` of samples each three seconds. */
const series = (minutes: number, value: (minute: number) => number) =>
  Array.from({ length: minutes * 20 }, (_, i) => ({ minute: i / 20, value: value(i / 20) }));

test('flat, and growing beyond the bound', () => {
  expect(
    judge(
      'sink',
      'rss',
      series(20, (at) => 120 + Math.sin(at * 40)),
    ).verdict,
  ).toBe('flat');
  expect(
    judge(
      'sink',
      'rss',
      series(20, (at) => 120 + 3 * at),
    ).verdict,
  ).toBe('grows');
  expect(
    judge(
      'sink',
      'rss',
      series(20, (at) => 120 + 0.5 * at),
    ).verdict,
  ).toBe('flat');
});

test('a heap that is collected is no leak; one whose floor rises is', () => {
  const saw = (at: number) => (at * 20) % 7;
  expect(
    judge(
      'api',
      'heap',
      series(20, (at) => 40 + 5 * saw(at)),
    ).verdict,
  ).toBe('flat');
  expect(
    judge(
      'api',
      'heap',
      series(20, (at) => 40 + 5 * saw(at) + at),
    ).verdict,
  ).toBe('grows');
});

test('files that a merge opens for a while are no leak; two a minute that stay open are', () => {
  const merging = (at: number) => ((at * 20) % 5 < 2 ? 130 : 180 + 5 * at);
  expect(judge('engine', 'files', series(20, merging)).verdict).toBe('flat');
  expect(
    judge(
      'engine',
      'files',
      series(20, (at) => merging(at) + 2 * at),
    ).verdict,
  ).toBe('grows');
});

test('of a short run only a plain leak is called growth', () => {
  expect(
    judge(
      'sink',
      'rss',
      series(1, (at) => 120 + 5 * at),
    ).verdict,
  ).toBe('flat');
  expect(
    judge(
      'sink',
      'rss',
      series(1, (at) => 120 + 60 * at),
    ).verdict,
  ).toBe('grows');
});

test('noise as large as the bound is not called flat', () => {
  const noisy = series(20, (at) => 100 + 900 * ((Math.round(at * 20) * 7919) % 13));
  expect(judge('sink', 'lag', noisy).verdict).toBe('unclear');
});

test('the engine has bounds of its own; nothing measured is said so', () => {
  expect(boundOf('engine', 'rss').perMinute).toBeGreaterThan(boundOf('sink', 'rss').perMinute);
  expect(judge('broker', 'heap', []).verdict).toBe('not measured');
});
