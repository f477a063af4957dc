import { expect, test } from 'vitest';
import { levelAt } from './level.ts';

const stages = [
  { atS: 0, value: 10 },
  { atS: 10, value: 30 },
  { atS: 20, value: 0 },
];

test.each([
  [0, 10],
  [5, 20],
  [9.999, 29.998],
  [10, 30],
  [15, 15],
  [20, 0],
  [1e6, 0],
])('a ramp at %d s is %d', (at, level) => {
  expect(levelAt(stages, false, at)).toBeCloseTo(level, 9);
});

test.each([
  [0, 10],
  [9.999, 10],
  [10, 30],
  [19.999, 30],
  [20, 0],
  [1e6, 0],
])('steps at %d s are %d', (at, level) => {
  expect(levelAt(stages, true, at)).toBe(level);
});

test('before the first stage its level holds', () => {
  expect(levelAt([{ atS: 5, value: 3 }], false, 1)).toBe(3);
});

test('one stage is a constant', () => {
  expect([0, 7, 99].map((at) => levelAt([{ atS: 0, value: 4 }], false, at))).toEqual([4, 4, 4]);
});
