/** What must fire and what must stay silent over whole ranges of parameters, and counts against the simulator's truth. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findingsOf, measure } from './analysed.testkit.ts';
import { chainTrace, fanoutTrace } from './testkit.ts';

const noise = (percent: number, seed: number) => (call: number) =>
  1 + (percent / 100) * (((call + seed) * 0.7548776662) % 1);

test('a fan-out of four rounds or more collapses, with noise in its calls', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 4, max: 8 }),
      fc.integer({ min: 100, max: 400 }),
      fc.nat(25),
      fc.nat(1000),
      (concurrency, rounds, delay, percent, seed) => {
        fc.pre(concurrency * rounds >= 10);
        const each = noise(percent, seed);
        const spans = fanoutTrace({
          fanout: concurrency * rounds,
          concurrency,
          delay: (call) => delay * each(call),
        });
        const found = findingsOf('fanout_collapse', spans);
        expect(found).toHaveLength(1);
        expect(measure(found[0], 'concurrency')).toBe(concurrency);
      },
    ),
    { numRuns: 60 },
  );
});

test('a fan-out with a slot for each call never collapses, whatever its calls take', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 120 }),
      fc.nat(300),
      fc.nat(400),
      fc.boolean(),
      (fanout, delay, percent, workers) => {
        const each = noise(percent, fanout);
        const spans = fanoutTrace({
          fanout,
          concurrency: fanout,
          workers,
          delay: (call) => delay * each(call),
        });
        expect(findingsOf('fanout_collapse', spans)).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

test('attempts and logical operations are counted as they were made', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { minLength: 20, maxLength: 60 }), fc.boolean(), (failures, declared) => {
      const spans = fanoutTrace({
        fanout: failures.length,
        concurrency: 7,
        retries: { fails: (call, attempt) => attempt < failures[call], max: 3, declared },
      });
      const [finding] = findingsOf('retry_storm', spans);
      const retried = failures.filter((times) => times > 0).length;
      if (retried < 5) return expect(finding).toBeUndefined();
      expect(measure(finding, 'logical_operations')).toBe(failures.length);
      expect(measure(finding, 'attempts')).toBe(
        failures.length + failures.reduce((sum, times) => sum + times, 0),
      );
      expect(measure(finding, 'retried_operations')).toBe(retried);
    }),
    { numRuns: 60 },
  );
});

test('a chain has as many steps as agents', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 120 }),
      fc.integer({ min: 60, max: 200 }),
      fc.boolean(),
      (depth, delay, siblings) => {
        const [finding] = findingsOf('blocking_chain', chainTrace({ depth, delay, siblings }));
        expect(measure(finding, 'depth')).toBe(depth);
        expect(measure(finding, 'cumulated_latency')).toBe(depth * (delay + 2));
      },
    ),
    { numRuns: 30 },
  );
});
