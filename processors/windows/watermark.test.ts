import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isToldOn, onward, UNHEARD, Watermark } from './watermark.ts';

function heard(sources: number, ...clocks: readonly [source: number, clock: number][]): number {
  const watermark = new Watermark(sources);
  for (const [source, clock] of clocks) watermark.hear(source, clock);
  return watermark.time;
}

describe('the watermark', () => {
  it('waits for a source that was never heard of', () => {
    expect(heard(2)).toBe(UNHEARD);
    expect(heard(2, [0, 500])).toBe(UNHEARD);
    expect(heard(2, [0, 500], [1, 400])).toBe(400);
  });

  it('stands where an idle source stands, until a tick of it', () => {
    expect(heard(2, [0, 10], [1, 10], [0, 9_999])).toBe(10);
    expect(heard(2, [0, 10], [1, 10], [0, 9_999], [1, 9_000])).toBe(9_000);
    expect(heard(2, [0, 10], [1, 10], [0, 9_999], [1, 20_000])).toBe(9_999);
  });

  it('ignores a clock that goes back', () => {
    expect(heard(1, [0, 10], [0, 9])).toBe(10);
    expect(heard(2, [0, 10], [1, 20], [1, 5])).toBe(10);
    expect(onward(10, 9)).toBe(10);
    expect(onward(10, 11)).toBe(11);
  });

  it('hears of a source at the epoch', () => {
    expect(heard(2, [0, 0], [1, 0])).toBe(0);
  });

  it('has nothing to wait for without sources', () => {
    expect(heard(0)).toBe(Infinity);
  });

  it('is the least of the greatest clocks, and never falls', () => {
    const told = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: -5, max: 40 })), { maxLength: 60 });
    fc.assert(
      fc.property(told, (steps) => {
        const watermark = new Watermark(3);
        const clocks = [UNHEARD, UNHEARD, UNHEARD];
        for (const [source, clock] of steps) {
          const before = watermark.time;
          watermark.hear(source, clock);
          clocks[source] = Math.max(clocks[source], clock);
          expect(watermark.time).toBe(Math.min(...clocks));
          expect(watermark.time).toBeGreaterThanOrEqual(before);
        }
      }),
    );
  });
});

describe('a clock is told on', () => {
  it.each([
    ['within an interval: no', 200, 399, false],
    ['exactly at the next one: yes', 399, 400, true],
    ['standing still at its start: no', 400, 400, false],
    ['over many of them, once', 0, 3_600_000, true],
    ['across the epoch', -1, 0, true],
  ])('%s', (_, before, after, expected) => {
    expect(isToldOn(before, after, 200)).toBe(expected);
  });
});
