/** Stalls of known places, with and without work beside them, in any order of arrival. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shuffled, type TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';

const part = fc.record({
  chunks: fc.integer({ min: 12, max: 30 }),
  stall: fc.integer({ min: 300, max: 5000 }),
  beside: fc.boolean(),
});

test('every stall is counted, and found are those beside background work', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), fc.nat(1000), (parts, seed) => {
      const offsets: number[] = [];
      const spans: TestSpan[] = [];
      let now = 0;
      const chunk = (gap: number) => {
        now += gap;
        offsets.push(now);
      };
      const steady = (chunks: number) => {
        for (let i = 0; i < chunks; i++) chunk(50);
      };
      for (const { chunks, stall, beside } of parts) {
        steady(chunks);
        const call = { parent: 3, name: 'tool_call', start: now, end: now + stall };
        if (beside) spans.push({ id: 100 + spans.length, ...call });
        chunk(stall);
      }
      steady(12);
      // A worker without calls would itself be work.
      if (spans.length > 0) spans.push({ id: 3, parent: 1, name: 'worker', start: 0, end: now });
      spans.push({ id: 1, name: 'workflow', start: 0, end: now });
      const attributes = { 'ati.role': 'stream', 'ati.stream.token_offsets_ms': offsets };
      spans.push({ id: 2, parent: 1, name: 'token_stream', start: 0, end: now, attributes });
      const insight = insightIn('stream', shuffled([...spans, ...spans.slice(0, 2)], seed))!;
      const beside = parts.filter((each) => each.beside);
      expect(insight.found).toBe(beside.length > 0);
      const sum = (each: typeof parts) => each.reduce((all, { stall }) => all + stall, 0);
      expect(numbersOf(insight)).toMatchObject({
        baseline_gap: 50,
        stalls: parts.length,
        stalled: sum(parts),
        background_calls: beside.length,
      });
      if (parts.length > 0) expect(numbersOf(insight).overlap_share).toBeCloseTo(sum(beside) / sum(parts), 3);
      expect(insight.timeline).toHaveLength(parts.length + beside.length);
    }),
    { numRuns: 80 },
  );
});
