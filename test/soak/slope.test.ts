import { expect, test } from 'vitest';
import { inBlocks, type Point, slopeOf, student975 } from './slope.ts';

const line = (perMinute: number, noise: (i: number) => number): Point[] =>
  Array.from({ length: 120 }, (_, i) => ({ minute: i / 10, value: 100 + (perMinute * i) / 10 + noise(i) }));
/** Without a trend, and no two neighbours alike. */
const jitter = (i: number) => ((Math.imul(i + 1, 2_654_435_761) >>> 8) % 13) - 6;

test('a straight line has its slope, without doubt', () => {
  const slope = slopeOf(line(2, () => 0));
  expect(slope?.perMinute).toBeCloseTo(2, 9);
  expect(slope?.low).toBeCloseTo(2, 6);
  expect(slope?.high).toBeCloseTo(2, 6);
  expect(slope?.minutes).toBeCloseTo(11.9);
});

test('noise widens the interval around the true slope: flat stays flat, growth is told from it', () => {
  const flat = slopeOf(inBlocks(line(0, jitter), 'median'));
  expect(flat?.low).toBeLessThan(0);
  expect(flat?.high).toBeGreaterThan(0);
  const growing = slopeOf(inBlocks(line(1, jitter), 'median'));
  expect(growing?.low).toBeGreaterThan(0.5);
  expect(growing?.high).toBeLessThan(1.5);
});

test('a heap that fills and is collected: what its rise by itself shows is left out', () => {
  const saw = line(0, (i) => (i % 6) * 10);
  expect(inBlocks(saw, 'lowest').every(({ value }) => value <= 120)).toBe(true);
});

test('too few points say nothing', () => {
  expect(slopeOf([])).toBeUndefined();
  expect(
    slopeOf([
      { minute: 0, value: 1 },
      { minute: 1, value: 2 },
    ]),
  ).toBeUndefined();
  expect(slopeOf(Array.from({ length: 5 }, () => ({ minute: 1, value: 1 })))).toBeUndefined();
});

test('quantiles of Student as in the tables', () => {
  for (const [degrees, table] of [
    [3, 3.182],
    [5, 2.571],
    [10, 2.228],
    [28, 2.048],
    [100, 1.984],
  ]) {
    expect(Math.abs(student975(degrees) / table - 1)).toBeLessThan(0.01);
  }
});
