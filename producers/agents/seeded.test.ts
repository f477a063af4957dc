import { describe, expect, test } from 'vitest';
import { fails, unit } from './seeded.ts';

const failing = (seed: number, calls: number, rate: number) =>
  Array.from({ length: calls }, (_, call) => call).filter((call) => fails(seed, call, 0, rate));

describe('seeded failures', () => {
  test('the same seed fails the same calls', () => {
    expect(failing(7, 100, 0.1)).toEqual(failing(7, 100, 0.1));
  });

  test('other seeds fail other calls', () => {
    expect(failing(7, 100, 0.1)).not.toEqual(failing(8, 100, 0.1));
  });

  test.each([1, 2, 3, 42, 1000])('seed %i: first attempts fail at the rate, give or take two', (seed) => {
    expect(Math.abs(failing(seed, 100, 0.1).length - 10)).toBeLessThanOrEqual(2);
  });

  test('a rate of 0 never fails, a rate of 1 always', () => {
    expect(failing(7, 100, 0)).toHaveLength(0);
    expect(failing(7, 100, 1)).toHaveLength(100);
    expect(fails(7, 3, 2, 0)).toBe(false);
    expect(fails(7, 3, 2, 1)).toBe(true);
  });

  test('unit stays in [0, 1) and depends on every part', () => {
    for (let seed = 0; seed < 1000; seed++) {
      const value = unit(seed, 1, 2);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
    }
    expect(unit(1, 2)).not.toBe(unit(2, 1));
  });
});
