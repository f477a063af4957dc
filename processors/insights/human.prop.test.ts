/** Waiting and processing against the same numbers counted millisecond by millisecond. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shuffled, type TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';

const LENGTH = 60;
const interval = fc.tuple(fc.nat(LENGTH - 1), fc.integer({ min: 1, max: 20 })).map(([start, length]) => ({
  start,
  end: Math.min(LENGTH, start + length),
}));

test('waiting is where a person has time and nothing else runs, in whatever order the spans arrive', () => {
  fc.assert(
    fc.property(
      fc.array(interval, { minLength: 1, maxLength: 6 }),
      fc.array(interval, { maxLength: 6 }),
      fc.nat(1000),
      (people, work, seed) => {
        const spans: TestSpan[] = [
          { id: 1, name: 'workflow', start: 0, end: LENGTH },
          ...people.map((each, i) => ({ id: 10 + i, parent: 1, name: 'human_review', ...each })),
          ...work.map((each, i) => ({ id: 20 + i, parent: 1, name: 'tool_call', ...each })),
        ];
        const runs = (all: readonly { start: number; end: number }[], at: number) =>
          all.some(({ start, end }) => start <= at && at < end);
        const waiting = Array.from({ length: LENGTH }, (_, at) => runs(people, at) && !runs(work, at)).filter(
          Boolean,
        ).length;
        const insight = insightIn('human', shuffled([...spans, ...spans.slice(0, 3)], seed))!;
        expect(insight.found).toBe(waiting > 0);
        expect(numbersOf(insight)).toMatchObject({
          waiting,
          processing: LENGTH - waiting,
          waits: people.length,
        });
      },
    ),
    { numRuns: 150 },
  );
});
