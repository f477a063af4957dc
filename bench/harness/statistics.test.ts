import { describe, expect, test } from 'vitest';
import { median, percentile, spread } from './statistics.ts';

describe('statistics', () => {
  test('the median is the middle one, or the mean of the two in the middle, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
    expect(median([3])).toBe(3);
  });

  test('a percentile is a value that was measured', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(percentile(hundred, 50)).toBe(50);
    expect(percentile(hundred, 99)).toBe(99);
    expect(percentile(hundred, 100)).toBe(100);
    expect(percentile([7], 1)).toBe(7);
    expect(percentile([10, 2], 99)).toBe(10);
  });

  test('a spread has the least and the greatest beside the median', () => {
    expect(spread([4, 10, 2])).toEqual({ median: 4, min: 2, max: 10 });
  });

  test('nothing has no median', () => {
    expect(() => median([])).toThrow(RangeError);
    expect(() => percentile([], 50)).toThrow(RangeError);
  });
});
