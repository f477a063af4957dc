import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Sweep } from './sweep.ts';

test('an interval that ends where another starts does not overlap it', () => {
  const sweep = new Sweep([0, 10, 20], [10, 20, 30]);
  expect(Math.max(...sweep.level)).toBe(1);
  expect(sweep.busy).toBe(30);
});

test('a level counts as held only when it lasts', () => {
  // Two at a time, but for 1 of 100 three: the successor's start was rounded down.
  const sweep = new Sweep([0, 0, 49], [50, 100, 100]);
  expect(Math.max(...sweep.level)).toBe(3);
  expect(sweep.held(0.05)).toBe(2);
  expect(sweep.held(0.001)).toBe(3);
});

test('nothing at all', () => {
  const sweep = new Sweep([], []);
  expect([sweep.busy, sweep.held(0.1), sweep.meanWithin(0, 10), sweep.busyWithin(0, 10)]).toEqual([
    0, 0, 0, 0,
  ]);
});

describe('against counting by hand', () => {
  const intervals = fc.array(fc.tuple(fc.nat(50), fc.nat(20)), { maxLength: 20 });
  test('busy time and mean level', () => {
    fc.assert(
      fc.property(intervals, fc.nat(60), fc.nat(60), (list, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b) + 1];
        const sweep = new Sweep(
          list.map(([start]) => start),
          list.map(([start, length]) => start + length),
        );
        let busy = 0;
        let area = 0;
        for (let t = from; t < to; t++) {
          const level = list.filter(([start, length]) => start <= t && t < start + length).length;
          busy += level > 0 ? 1 : 0;
          area += level;
        }
        expect(sweep.busyWithin(from, to)).toBe(busy);
        expect(sweep.meanWithin(from, to)).toBeCloseTo(area / (to - from), 9);
      }),
    );
  });
});
