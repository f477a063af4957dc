import fc from 'fast-check';
import { expect, test } from 'vitest';
import { split } from './split.ts';

const amount = fc.record({ ns: fc.integer({ min: 1, max: 1e12 }), spans: fc.integer({ min: 1, max: 1e6 }) });
const traces = fc.integer({ min: 1, max: 1e6 });

test('the two parts sum to what the mean has grown by', () => {
  fc.assert(
    fc.property(amount, traces, amount, traces, (set, n, baseline, m) => {
      const { more, slower } = split(set, n, baseline, m);
      const grown = set.ns / n - baseline.ns / m;
      const size = Math.abs(more) + Math.abs(slower) + 1;
      expect(Math.abs(more + slower - grown) / size).toBeLessThan(1e-9);
    }),
  );
});

test('the same way round and back: each part turns its sign', () => {
  fc.assert(
    fc.property(amount, traces, amount, traces, (set, n, baseline, m) => {
      const there = split(set, n, baseline, m);
      const back = split(baseline, m, set, n);
      expect(back.more + there.more).toBeCloseTo(0, 3);
      expect(back.slower + there.slower).toBeCloseTo(0, 3);
    }),
  );
});

test('as many spans: none of it is more; as fast: none of it is slower', () => {
  fc.assert(
    fc.property(amount, traces, fc.integer({ min: 2, max: 100 }), (before, n, times) => {
      expect(split({ ...before, ns: before.ns * times }, n, before, n).more).toBe(0);
      const more = split({ ns: before.ns * times, spans: before.spans * times }, n, before, n);
      expect(Math.abs(more.slower)).toBeLessThan(1e-9 * Math.abs(more.more) + 1e-9);
    }),
  );
});

test('what is in one of the two only is more or fewer, not slower', () => {
  const none = { ns: 0, spans: 0 };
  expect(split({ ns: 900, spans: 3 }, 3, none, 10)).toEqual({ more: 300, slower: 0 });
  expect(split(none, 3, { ns: 900, spans: 3 }, 3)).toEqual({ more: -300, slower: 0 });
});
