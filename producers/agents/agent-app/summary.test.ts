import { expect, test } from 'vitest';
import { spread } from './summary.ts';

test('nearest rank: values that were measured', () => {
  const durations = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(spread(durations)).toEqual({ p50: 50, p95: 95, max: 100 });
  expect(spread([3.14])).toEqual({ p50: 3.1, p95: 3.1, max: 3.1 });
  expect(spread([1, 2])).toEqual({ p50: 1, p95: 2, max: 2 });
});

test('none of nothing', () => {
  expect(spread([])).toBeNull();
});
