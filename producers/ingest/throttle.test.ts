import { expect, test } from 'vitest';
import { Throttle } from './throttle.ts';

test('one of a kind per interval, with the number held back before it; kinds are apart', () => {
  const throttle = new Throttle(1_000);
  expect(throttle.pass(400, 0)).toBe(0);
  expect(throttle.pass(400, 1)).toBeUndefined();
  expect(throttle.pass(503, 1)).toBe(0);
  expect(throttle.pass(400, 999)).toBeUndefined();
  expect(throttle.pass(400, 1_000)).toBe(2);
  expect(throttle.pass(400, 2_000)).toBe(0);
});
