import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boundaryAfter,
  boundaryFrom,
  endAt,
  firstEnd,
  firstHop,
  type HoppingSettings,
  hopOf,
  isClosed,
  isTooOld,
  lastEnd,
  lastHop,
} from './hopping.ts';

const settings: fc.Arbitrary<HoppingSettings> = fc
  .record({
    hopMs: fc.integer({ min: 1, max: 50 }),
    hops: fc.integer({ min: 1, max: 8 }),
    graceMs: fc.nat(120),
  })
  .map(({ hopMs, hops, graceMs }) => ({ hopMs, windowMs: hopMs * hops, graceMs, hardCapMs: 100 }));
const time = fc.integer({ min: -5_000, max: 5_000 });

/** The windows that contain a time, by the definition alone. */
function endsOf(s: HoppingSettings, eventTime: number): number[] {
  const found: number[] = [];
  for (
    let end = Math.floor(eventTime / s.hopMs) * s.hopMs - s.hopMs;
    end <= eventTime + s.windowMs;
    end += s.hopMs
  )
    if (end - s.windowMs <= eventTime && eventTime < end) found.push(end);
  return found;
}

describe('hopping windows', () => {
  it('partition time: every event is in exactly windowMs / hopMs of them, those that contain it', () => {
    fc.assert(
      fc.property(settings, time, (s, eventTime) => {
        const hop = hopOf(s, eventTime);
        const found: number[] = [];
        for (let end = firstEnd(s, hop); end <= lastEnd(s, hop); end += s.hopMs) found.push(end);
        expect(found).toEqual(endsOf(s, eventTime));
        expect(found.length).toBe(s.windowMs / s.hopMs);
        for (const end of found) {
          expect(hop).toBeGreaterThanOrEqual(firstHop(s, end));
          expect(hop).toBeLessThanOrEqual(lastHop(s, end));
        }
      }),
    );
  });

  it('each boundary is passed once, however the watermark gets there', () => {
    fc.assert(
      fc.property(settings, time, fc.array(fc.nat(90), { maxLength: 12 }), (s, start, steps) => {
        const passed: number[] = [];
        let next = boundaryAfter(s, start);
        let now = start;
        for (const step of steps) {
          now += step;
          for (; next <= now; next = boundaryAfter(s, next)) passed.push(endAt(s, next));
        }
        const all: number[] = [];
        for (let at = start + 1; at <= now; at++) if (boundaryFrom(s, at) === at) all.push(at - s.graceMs);
        expect(passed).toEqual(all);
        for (const end of passed) {
          expect(end / s.hopMs).toBe(Math.floor(end / s.hopMs));
          expect([isClosed(s, end, now), isClosed(s, end, start)]).toEqual([true, false]);
        }
      }),
    );
  });

  it('as long as any window of an event is not closed for the hard cap, the event counts', () => {
    fc.assert(
      fc.property(settings, time, fc.nat(900), (s, eventTime, age) => {
        const now = eventTime + age;
        const closedFor = now - (lastEnd(s, hopOf(s, eventTime)) + s.graceMs);
        if (closedFor <= s.hardCapMs) expect(isTooOld(s, eventTime, now)).toBe(false);
        if (closedFor >= s.hardCapMs + s.hopMs) expect(isTooOld(s, eventTime, now)).toBe(true);
      }),
    );
  });
});
