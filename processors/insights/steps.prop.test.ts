/** The number of steps and their time against loops that were built with known ones. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reactTrace } from '../detectors/testkit.ts';
import { shuffled, type TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';

interface Planned {
  /** ms. */
  readonly chat: number;
  readonly tools: readonly number[];
  readonly atOnce: boolean;
  readonly pause: number;
}

const step: fc.Arbitrary<Planned> = fc.record({
  chat: fc.integer({ min: 2, max: 300 }),
  tools: fc.array(fc.integer({ min: 2, max: 500 }), { minLength: 1, maxLength: 4 }),
  atOnce: fc.boolean(),
  pause: fc.nat(50),
});

/** The loop's spans, and the time of each step up to the next one's thought. */
function build(steps: readonly Planned[]): { spans: TestSpan[]; times: number[] } {
  const spans: TestSpan[] = [];
  const times: number[] = [];
  let now = 0;
  const span = (name: string, from: number, ms: number) =>
    spans.push({ id: spans.length + 10, parent: 2, name, start: from, end: from + ms });
  for (const { chat, tools, atOnce, pause } of steps) {
    const start = now;
    span('chat model', now, chat);
    now += chat;
    for (const tool of tools) {
      span('tool_call', now, tool);
      if (!atOnce) now += tool;
    }
    if (atOnce) now += Math.max(...tools);
    now += pause;
    times.push(now - start);
  }
  span('chat model', now, 10);
  now += 10;
  const attributes = { 'ati.role': 'worker', 'gen_ai.agent.name': 'solver' };
  spans.push({ id: 1, name: 'workflow', start: 0, end: now });
  spans.push({ id: 2, parent: 1, name: 'worker', start: 0, end: now, attributes });
  return { spans, times };
}

test('each step is counted once, and their times add up, in whatever order the spans arrive', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 40 }), fc.nat(1000), (planned, seed) => {
      const { spans, times } = build(planned);
      const insight = insightIn('steps', shuffled([...spans, ...spans.slice(0, 5)], seed))!;
      expect(insight.found).toBe(true);
      const e = numbersOf(insight);
      expect(e).toMatchObject({
        steps: planned.length,
        step_time: times.reduce((sum, each) => sum + each, 0),
        slowest_step: Math.max(...times),
      });
      expect(e.by_count + e.by_slowness).toBeCloseTo(e.step_time, 2);
      expect(Math.min(e.by_count, e.by_slowness)).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 80 },
  );
});

test('without chat spans, as long as the agent takes a moment to think', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 40 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 3, max: 400 }),
      (n, tools, gap) => {
        const e = numbersOf(insightIn('steps', reactTrace(n, tools, { chats: false, gap })));
        expect([e.steps, e.median_step]).toEqual([n, gap + 82]);
      },
    ),
    { numRuns: 40 },
  );
});
