import { expect, test } from 'vitest';
import {
  binomialTail,
  errorOfDifference,
  logBinomialTail,
  logChoose,
  moments,
  quantile,
} from './statistics.ts';

test('moments of values and zeros', () => {
  const all = moments([0, 0, 3, 9], 4);
  expect(moments([3, 9], 4)).toEqual(all);
  // Variance (9 + 9 + 0 + 36) / 3 = 18, over 4.
  expect(all).toEqual({ n: 4, mean: 3, squaredError: 4.5 });
  expect(moments([5], 1)).toEqual({ n: 1, mean: 5, squaredError: 0 });
  expect(moments([], 0)).toEqual({ n: 0, mean: 0, squaredError: 0 });
});

test('a small variance beside a great mean is kept', () => {
  const { squaredError } = moments([1e12, 1e12 + 2], 2);
  expect(squaredError).toBe(1);
});

test('the error of a difference', () => {
  const of = (squaredError: number) => ({ n: 2, mean: 0, squaredError });
  expect(errorOfDifference(of(9), of(16))).toBe(5);
});

test.each([
  [[3, 1, 2], 3, 0.5, 2],
  [[3, 1, 2], 3, 1, 3],
  [[3, 1, 2], 3, 0, 1],
  [[7], 20, 0.95, 0],
  [[7], 20, 0.951, 7],
  [[], 5, 0.95, 0],
  [[], 0, 0.95, 0],
])('quantile of %j and zeros up to %i at %f: %f', (values, n, q, expected) => {
  expect(quantile(values, n, q)).toBe(expected);
});

test.each([
  [5, 5, 0.5, 1 / 32],
  [5, 4, 0.5, 6 / 32],
  [10, 0, 0.3, 1],
  [10, 1, 0.1, 1 - 0.9 ** 10],
  [3, 3, 1, 1],
  [3, 1, 0, 0],
])('of %i draws %i hits or more at %f: %f', (n, hits, p, expected) => {
  expect(binomialTail(n, hits, p)).toBeCloseTo(expected, 12);
});

test('of a thousand draws nothing underflows', () => {
  expect(binomialTail(1000, 500, 0.5)).toBeCloseTo(0.5126, 4);
  expect(binomialTail(1000, 1, 0.99)).toBeCloseTo(1, 12);
});

test('its logarithm goes where the chance itself would be zero', () => {
  expect(binomialTail(1000, 1000, 0.001)).toBe(0);
  expect(logBinomialTail(1000, 1000, 0.001)).toBeCloseTo(1000 * Math.log(0.001), 6);
  expect(logBinomialTail(10, 11, 0.5)).toBe(Number.NEGATIVE_INFINITY);
});

test.each([
  [5, 0, 1],
  [5, 5, 1],
  [5, 2, 10],
  [50, 47, 19_600],
])('of %i there are so many choices of %i: %i', (n, k, choices) => {
  expect(Math.exp(logChoose(n, k))).toBeCloseTo(choices, 6);
});
