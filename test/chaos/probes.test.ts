import { expect, test } from 'vitest';
import { longestGap } from './probes.ts';

test('the longest time without an answer, also before the first and after the last', () => {
  expect(longestGap([110, 150, 160], 100, 170)).toEqual({ ms: 40, fromMs: 110 });
  expect(longestGap([150], 100, 170)).toEqual({ ms: 50, fromMs: 100 });
  expect(longestGap([110], 100, 170)).toEqual({ ms: 60, fromMs: 110 });
  expect(longestGap([], 100, 170)).toEqual({ ms: 70, fromMs: 100 });
});

test('answers outside the time looked at do not count', () => {
  expect(longestGap([50, 120, 500], 100, 170)).toEqual({ ms: 50, fromMs: 120 });
});
