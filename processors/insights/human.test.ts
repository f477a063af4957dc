import { describe, expect, test } from 'vitest';
import { fanoutTrace, reactTrace } from '../detectors/testkit.ts';
import { shuffled, type TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';

const found = (spans: readonly TestSpan[]) => insightIn('human', spans);
const root = (end: number): TestSpan => ({ id: 1, name: 'workflow', start: 0, end });
const agent = (end: number, id = 2): TestSpan => ({
  id,
  parent: 1,
  name: 'worker',
  start: 0,
  end,
  attributes: { 'ati.role': 'worker', 'gen_ai.agent.name': 'assistant' },
});
const person = (id: number, start: number, end: number, parent = 2): TestSpan => ({
  id,
  parent,
  name: 'human_feedback',
  start,
  end,
  attributes: { 'ati.role': 'human' },
});
const tool = (id: number, start: number, end: number, parent = 2): TestSpan => ({
  id,
  parent,
  name: 'tool_call',
  start,
  end,
});

/** Draft, a person's look, publish. */
const review = (wait: number): TestSpan[] => [
  root(163 + wait),
  agent(163 + wait),
  tool(3, 0, 80),
  person(4, 82, 82 + wait),
  tool(5, 82 + wait, 163 + wait),
];

describe('waited', () => {
  test('a second, for an answer', () => {
    const insight = found(review(1000))!;
    expect(insight).toMatchObject({ found: true, agent: 'assistant', operation: 'human_feedback' });
    expect(numbersOf(insight)).toEqual({ waiting: 1000, processing: 163, waits: 1, waiting_share: 0.8598 });
    expect(insight.answer).toBe('Waited 1,000 ms for a person (86 %), worked 163 ms: idle, not slow.');
    expect(insight.timeline).toEqual([
      { label: 'human_feedback', startMs: 82, durationMs: 1000, outcome: 'waited' },
    ]);
  });
  test('whatever the clock rounds: what follows seems to begin within the wait', () => {
    const spans = review(1000).map((span) => (span.id === 5 ? { ...span, start: span.start - 0.9 } : span));
    expect(numbersOf(found(spans))).toMatchObject({ waiting: 1000, processing: 163 });
  });
  test('an hour', () => {
    expect(numbersOf(found(review(3_600_000)))).toMatchObject({ waiting: 3_600_000, processing: 163 });
    expect(found(review(3_600_000))?.answer).toContain('Waited 3,600 s for a person (100 %), worked 163 ms');
  });
  test('less than was worked', () => {
    expect(found(review(40))?.answer).toBe(
      'Waited 40 ms for a person (20 %), worked 163 ms: most of its time is work.',
    );
  });
  test('twice', () => {
    const spans = [root(1000), agent(1000), person(3, 100, 400), tool(4, 400, 500), person(5, 500, 1000)];
    expect(numbersOf(found(spans))).toEqual({ waiting: 800, processing: 200, waits: 2, waiting_share: 0.8 });
    expect(found(spans)?.answer).toContain('in 2 waits of up to 500 ms');
    expect(found(spans)?.timeline).toHaveLength(2);
  });
  test('for two people at once: the wall clock runs once', () => {
    const spans = [root(1000), agent(1000), person(3, 100, 700), person(4, 300, 900)];
    expect(numbersOf(found(spans))).toEqual({ waiting: 800, processing: 200, waits: 2, waiting_share: 0.8 });
  });
  test('for a person in two branches at once', () => {
    const spans = [root(1000), agent(1000), agent(1000, 3), person(4, 0, 1000), person(5, 0, 1000, 3)];
    expect(numbersOf(found(spans))).toMatchObject({ waiting: 1000, processing: 0 });
  });
  test('within a tool that asks', () => {
    const spans = [root(1000), agent(1000), tool(3, 0, 1000), person(4, 100, 900, 3)];
    expect(numbersOf(found(spans))).toMatchObject({ waiting: 800, processing: 200, waits: 1 });
  });
  test('a span of a person within another is one wait', () => {
    const spans = [root(1000), agent(1000), person(3, 100, 900), person(4, 200, 800, 3)];
    expect(numbersOf(found(spans))).toMatchObject({ waiting: 800, waits: 1 });
  });
  test('what a person’s span does without a role of its own is waiting too', () => {
    const spans = [root(1000), agent(1000), person(3, 100, 900), { ...tool(4, 200, 800, 3), name: 'poll' }];
    expect(numbersOf(found(spans))).toMatchObject({ waiting: 800, waits: 1 });
  });
});

describe('beside other work', () => {
  test('work that ends before the answer comes: only the rest was waiting', () => {
    const spans = [root(1000), agent(1000), person(3, 0, 1000), tool(4, 0, 700)];
    expect(numbersOf(found(spans))).toEqual({ waiting: 300, processing: 700, waits: 1, waiting_share: 0.3 });
    expect(found(spans)?.answer).toBe(
      'Waited 300 ms for a person (30 %), worked 700 ms: most of its time is work. During 700 ms more that people ' +
        'took, other work ran.',
    );
    expect(found(spans)?.timeline[0].outcome).toBe('waited in part');
  });
  test('work that goes on after the answer came', () => {
    const spans = [root(1000), agent(1000), person(3, 0, 600), tool(4, 500, 1000)];
    expect(numbersOf(found(spans))).toMatchObject({ waiting: 500, processing: 500 });
  });
  test('work in another branch', () => {
    const spans = [root(1000), agent(1000), agent(400, 3), person(4, 0, 1000), tool(5, 0, 400, 3)];
    expect(numbersOf(found(spans))).toMatchObject({ waiting: 600, processing: 400 });
  });
  test.each([
    ['longer than the person took', [root(1000), agent(1000), person(3, 0, 600), tool(4, 0, 1000)]],
    ['as long as the person took', [root(600), agent(600), person(3, 0, 600), tool(4, 0, 600)]],
  ])('%s: nobody waited', (_, spans) => {
    expect(found(spans)).toMatchObject({
      found: false,
      answer: 'A person took 600 ms, but nobody waited: the workflow went on with other work.',
      timeline: [{ outcome: 'nobody waited' }],
    });
    expect(numbersOf(found(spans))).toMatchObject({ waiting: 0, waits: 1, waiting_share: 0 });
  });
});

describe('does not ask', () => {
  test.each([
    ['a loop', reactTrace(10)],
    ['a fan-out', fanoutTrace()],
    ['a slow tool', [root(5000), agent(5000), tool(3, 0, 5000)]],
    ['an agent that sleeps', [root(5000), agent(5000)]],
  ])('%s', (_, spans) => {
    expect(found(spans)).toBeUndefined();
  });
  test('an answer at once is no wait', () => {
    expect(found([root(100), agent(100), person(3, 50, 50)])).toMatchObject({ found: false });
    expect(numbersOf(found([root(0), agent(0), person(3, 0, 0)]))).toEqual({
      waiting: 0,
      processing: 0,
      waits: 0,
      waiting_share: 0,
    });
  });
});

test('a trace whose root is missing', () => {
  const spans = review(1000).slice(1);
  expect(numbersOf(found(spans))).toMatchObject({ waiting: 1000, processing: 163 });
});

test('arrival order and duplicates change nothing', () => {
  const spans = [root(1000), agent(1000), person(3, 0, 900), person(4, 100, 950), tool(5, 0, 700)];
  for (const seed of [1, 2, 3]) expect(found(shuffled([...spans, ...spans], seed))).toEqual(found(spans));
});
