import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact } from '#schemas/events.ts';
import { configureDetectors } from './registry.ts';

// The most easily moved: what has no weight here has none with any thresholds.
const configured = configureDetectors({
  fanout_collapse: { minSamples: 1, minSlowdown: 1.01 },
  retry_storm: { minRetriedCalls: 1, warningAmplification: 1.01, criticalAmplification: 1.02 },
});
if (!configured.ok) throw new Error(configured.message);
const telling = configured.detectors.all.filter(({ detector }) => detector.tells !== undefined);

const NAMES = [
  ...[
    'alone',
    'crowded',
    'attempts',
    'logical_operations',
    'retried_operations',
    'failed_attempts',
    'gave_up',
  ],
  ...['overload_failures', 'unrepeated_operations'],
];
const values = fc.array(
  fc.record({ name: fc.constantFrom(...NAMES), value: fc.nat({ max: 500 }), unit: fc.constant('count') }),
  { minLength: 1, maxLength: 12 },
);
const facts = fc.array(fc.record({ callee: fc.constantFrom('a', 'b'), values }), {
  minLength: 1,
  maxLength: 12,
});

describe.each(telling)('$detector.kind', ({ detector, config }) => {
  const findings = (some: readonly Fact[]) => {
    const traces = some.map((fact, i) => ({ traceId: String(i), eventTime: i, facts: [fact] }));
    const id = { tenant: 't', scope: 'operation', agent: 'a', operation: 'o' } as const;
    return detector.inWindow?.({ ...id, startMs: 0, endMs: 60_000, traces }, config) ?? [];
  };
  const ofKind = (some: readonly Omit<Fact, 'kind'>[]) =>
    some.map((fact) => ({ kind: detector.kind, ...fact }));

  it('a window in which no fact tells anything shows nothing', () => {
    let shown = 0;
    fc.assert(
      fc.property(facts, (some) => {
        const all = ofKind(some);
        shown += findings(all).length;
        expect(findings(all.filter((fact) => detector.tells?.(fact) === false))).toEqual([]);
      }),
      { numRuns: 300 },
    );
    // Facts like these do make findings.
    expect(shown).toBeGreaterThan(10);
  });
});
