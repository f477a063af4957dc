import { describe, expect, it } from 'vitest';
import {
  boundaryAfter,
  boundaryFrom,
  endAt,
  firstEnd,
  firstHop,
  hopOf,
  isClosed,
  isTooOld,
  lastEnd,
  lastHop,
  latenessMs,
} from './hopping.ts';

const s = { windowMs: 60, hopMs: 10, graceMs: 10, hardCapMs: 300 };

/** First and last end of the windows of an event time. */
const ends = (eventTime: number) => {
  const hop = hopOf(s, eventTime);
  return [firstEnd(s, hop), lastEnd(s, hop)];
};

describe('windows of an event', () => {
  it.each([
    ['just before a boundary', 599, [600, 650]],
    ['exactly at a start: in it, and no longer in the one that ends there', 600, [610, 660]],
    ['just after', 601, [610, 660]],
    ['at the epoch', 0, [10, 60]],
    ['just before the epoch', -1, [0, 50]],
    ['before the epoch, exactly at a boundary', -10, [0, 50]],
    ['before the epoch, just before a boundary', -11, [-10, 40]],
    ['a fraction of a ms before an end', 609.999, [610, 660]],
  ])('%s', (_, eventTime, expected) => {
    expect(ends(eventTime)).toEqual(expected);
  });

  it('a window as long as its hop: one for each event', () => {
    const tumbling = { ...s, windowMs: 10 };
    expect([firstEnd(tumbling, 60), lastEnd(tumbling, 60)]).toEqual([610, 610]);
    expect([firstHop(tumbling, 610), lastHop(tumbling, 610)]).toEqual([60, 60]);
  });

  it('a window is a row of whole hops, its end excluded', () => {
    expect([firstHop(s, 660), lastHop(s, 660)]).toEqual([60, 65]);
    expect([firstHop(s, 0), lastHop(s, 0)]).toEqual([-6, -1]);
  });
});

describe('closing', () => {
  it('an event exactly at end + grace is late, one a ms before is not', () => {
    expect(isClosed(s, 600, 609)).toBe(false);
    expect(isClosed(s, 600, 610)).toBe(true);
    expect(isClosed({ ...s, graceMs: 0 }, 600, 600)).toBe(true);
  });

  it('boundaries stand a grace after the ends, where grace is no multiple of the hop too', () => {
    const odd = { ...s, graceMs: 7 };
    expect([606, 607, 608].map((time) => boundaryFrom(odd, time))).toEqual([607, 607, 617]);
    expect([606, 607, 608].map((time) => boundaryAfter(odd, time))).toEqual([607, 617, 617]);
    expect(endAt(odd, 607)).toBe(600);
    expect([-3, -4].map((time) => boundaryAfter(odd, time))).toEqual([7, -3]);
  });

  it('what never comes has no boundary', () => {
    expect(boundaryFrom(s, Infinity)).toBe(Infinity);
  });

  it('an event counts until its last window has been closed for the hard cap, inclusive', () => {
    expect(latenessMs(s)).toBe(370);
    expect(isTooOld(s, 600, 970)).toBe(false);
    expect(isTooOld(s, 600, 971)).toBe(true);
    expect(isTooOld(s, 600, -1)).toBe(false);
  });
});
