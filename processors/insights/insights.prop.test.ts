/** Whatever a trace is made of, its insights are whole and the same in any order of arrival. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fanoutTrace } from '../detectors/testkit.ts';
import { shuffled, type TestSpan } from '../trace/testkit.ts';
import { ROLES } from '../trace/view.ts';
import { insightIn, insightsIn, numbersOf } from './insights.testkit.ts';
import { checkWhole } from './whole.testkit.ts';

/** Few names, few moments and few parents, so that siblings, overlaps, retries and ties are common. */
const span = fc.record({
  parent: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
  name: fc.constantFrom('tool_call', 'worker', 'chat', 'GET /x/1', 'a\nb'),
  kind: fc.integer({ min: 0, max: 5 }),
  error: fc.boolean(),
  start: fc.integer({ min: 0, max: 20 }),
  length: fc.constantFrom(0, 1, 10, 80, 400, 2000),
  role: fc.constantFrom(...ROLES),
  agent: fc.constantFrom('a', 'b', 'c'),
  retry: fc.integer({ min: 0, max: 2 }),
  offsets: fc.array(fc.integer({ min: -5, max: 5000 }), { maxLength: 20 }),
  bytes: fc.integer({ min: -1, max: 1e9 }),
});

const trace = fc.array(span, { minLength: 1, maxLength: 40 }).map((spans) =>
  spans.map(
    (each, i): TestSpan => ({
      id: i + 1,
      parent: each.parent,
      name: each.name,
      kind: each.kind,
      error: each.error,
      start: each.start * 50,
      end: each.start * 50 + each.length,
      attributes: {
        'ati.role': each.role,
        'gen_ai.agent.name': each.agent,
        ...(each.retry > 0 && { 'http.request.resend_count': each.retry }),
        ...(each.role === 'stream' && { 'ati.stream.token_offsets_ms': each.offsets }),
        ...(each.bytes > 0 && { 'http.response.body.size': each.bytes }),
      },
    }),
  ),
);

test('of any trace they are whole, and the arrival order does not matter', () => {
  fc.assert(
    fc.property(trace, fc.nat(1000), (spans, seed) => {
      const insights = insightsIn(spans);
      for (const insight of insights) checkWhole(insight);
      expect(insightsIn(shuffled(spans, seed))).toEqual(insights);
    }),
    { numRuns: 300 },
  );
});

test('the straggler is the call that was made slow, wherever it stands; without one there is none', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 60 }),
      fc.nat(59),
      fc.integer({ min: 20, max: 300 }),
      fc.integer({ min: 3, max: 9 }),
      fc.boolean(),
      (fanout, at, delay, factor, workers) => {
        const slow = at % fanout;
        const delayOf = (call: number) => (call === slow ? delay * factor : delay);
        const concurrency = fanout;
        const insight = insightIn('straggler', fanoutTrace({ fanout, concurrency, workers, delay: delayOf }));
        const beyond = delay * (factor - 1);
        expect(insight?.found).toBe(beyond >= Math.max(100, 0.5 * (delay + 2)));
        expect(numbersOf(insight)).toMatchObject({ siblings: fanout, beyond_next: beyond, impact: beyond });
        expect(insight?.answer).toContain(`#${slow + 1} of ${fanout}`);
        expect(insightIn('straggler', fanoutTrace({ fanout, concurrency, workers, delay }))?.found).toBe(
          false,
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('attempts, failures and waiting are those that were made', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }), fc.boolean(), (failures, declared) => {
      const spans = fanoutTrace({
        fanout: failures.length,
        concurrency: failures.length,
        retries: { fails: (call, attempt) => attempt < failures[call], max: 2, declared },
      });
      const insight = insightIn('retries', spans);
      const attempts = failures.reduce((sum, times) => sum + Math.min(times, 2) + 1, 0);
      if (attempts === failures.length) {
        expect(insight).toBeUndefined();
        return;
      }
      expect(numbersOf(insight)).toMatchObject({
        logical_operations: failures.length,
        attempts,
        retried_operations: failures.filter((times) => times > 0).length,
        failed_attempts: failures.reduce((sum, times) => sum + times, 0),
        backoff_total: failures.reduce((sum, times) => sum + [0, 50, 150, 150][times], 0),
        gave_up: failures.filter((times) => times === 3).length,
      });
      expect(insight?.timeline.length).toBeLessThanOrEqual(50);
    }),
    { numRuns: 60 },
  );
});
