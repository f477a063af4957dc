import { expect, test } from 'vitest';
import { jainIndex, quantile, slopeByRank, thinned } from './stats.ts';

test.each([
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.1, 1],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.5, 5],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.99, 10],
  [[7], 0, 7],
  [[7], 1, 7],
])('quantile of %j at %f is %f', (values, q, expected) => {
  expect(quantile(values, q)).toBe(expected);
});
test('a quantile of nothing is no number', () => {
  expect(quantile([], 0.5)).toBeNaN();
});

test('slope by rank', () => {
  expect(slopeByRank([5, 7, 9, 11])).toBeCloseTo(2);
  expect(slopeByRank([4, 4, 4])).toBe(0);
  expect(slopeByRank([4])).toBe(0);
});

test("Jain's index: 1 when equal, 1/n when one has all", () => {
  expect(jainIndex([3, 3, 3])).toBeCloseTo(1);
  expect(jainIndex([9, 0, 0])).toBeCloseTo(1 / 3);
  expect(jainIndex([])).toBe(1);
  expect(jainIndex([0, 0])).toBe(1);
});

test('thinning keeps the first, the last and the middle', () => {
  const values = Array.from({ length: 101 }, (_, i) => i);
  expect(thinned(values, 5)).toEqual([0, 25, 50, 75, 100]);
  expect(thinned([1, 2], 5)).toEqual([1, 2]);
});
