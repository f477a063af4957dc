import { describe, expect, test } from 'vitest';
import {
  chainTrace,
  failing,
  fanoutTrace,
  type Process,
  reactTrace,
  retryTrace,
  type Simulator,
  streamTrace,
  toolCall,
  workflow,
} from '../detectors/testkit.ts';
import { shuffled, type TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';

const found = (spans: readonly TestSpan[]) => insightIn('steps', spans);
const attributes = (role: string, name: string) => ({
  'ati.role': role,
  'gen_ai.operation.name': 'invoke_agent',
  'gen_ai.agent.name': name,
});

function* chat(s: Simulator, parent: number, ms: number): Process {
  const span = s.open({ parent, name: 'chat model', kind: 3 });
  yield ms;
  span.end();
}

/** As the synthetic agents write it: chat, tool calls in turn, a checkpoint; a chat with the answer at the end. */
function loop(toolMs: readonly number[], options: { tools?: number; person?: number } = {}): TestSpan[] {
  const { tools = 1, person } = options;
  return workflow(function* (s, root) {
    const agent = s.open({ parent: root, name: 'worker', attributes: attributes('worker', 'reasoner') });
    for (const [step, delay] of toolMs.entries()) {
      yield* chat(s, agent.id, 40);
      for (let tool = 0; tool < tools; tool++) yield* toolCall(s, agent.id, { tool: 'act', delay });
      const checkpoint = s.open({ parent: agent.id, name: 'checkpoint' });
      yield 3;
      checkpoint.end();
      if (step !== person) continue;
      const wait = s.open({ parent: agent.id, name: 'human_review' });
      yield 5000;
      wait.end();
    }
    yield* chat(s, agent.id, 40);
    agent.end();
  });
}

/** One agent's turns: `body` runs in a worker span of its own each time. */
const turns = (
  n: number,
  body: (s: Simulator, parent: number, turn: number) => Process,
  name = () => 'solver',
) =>
  workflow(function* (s, root) {
    for (let turn = 0; turn < n; turn++) {
      const worker = s.open({ parent: root, name: 'worker', attributes: attributes('worker', name()) });
      yield* body(s, worker.id, turn);
      worker.end();
    }
  });

const even = (n: number) => Array.from({ length: n }, () => 80);

describe('the count makes the time', () => {
  test.each([
    ['a loop of 10', reactTrace(10), 10, 382],
    ['a loop of 30', reactTrace(30), 30, 382],
    ['three steps', reactTrace(3), 3, 382],
    ['ten rounds of two tools at once', reactTrace(10, 2), 10, 382],
    ['ten rounds of two tools in turn', loop(even(10), { tools: 2 }), 10, 207],
    ['with checkpoints and a last chat that answers', loop(even(10)), 10, 125],
    ['without chat spans', reactTrace(10, 1, { chats: false }), 10, 382],
    ['without chat spans, two tools at once', reactTrace(10, 2, { chats: false }), 10, 382],
    ['without chat spans or any time to think', reactTrace(10, 1, { chats: false, gap: 0 }), 10, 82],
    ['steps of 1 ms', reactTrace(10, 1, { gap: 1, delay: 1 }), 10, 4],
    [
      'a span for each step',
      turns(10, (s, parent) => toolCall(s, parent, { tool: 'act', delay: 80 })),
      10,
      82,
    ],
  ])('%s', (_, spans, steps, median) => {
    const insight = found(spans)!;
    expect(insight.found).toBe(true);
    expect(numbersOf(insight)).toEqual({
      steps,
      mean_step: median,
      median_step: median,
      slowest_step: median,
      step_time: steps * median,
      by_count: steps * median,
      by_slowness: 0,
    });
    expect(insight.answer).toMatch(`${steps} steps of ${median} ms each: the count makes the time`);
    expect(insight.timeline).toHaveLength(steps);
  });

  test('a person within a step is nobody’s slowness', () => {
    const insight = found(loop(even(10), { person: 4 }));
    expect(numbersOf(insight)).toMatchObject({ steps: 10, slowest_step: 125, by_slowness: 0 });
    expect(insight?.answer).toContain('no step is slow');
  });

  test('a retried call is one act of its step, and the failure is told', () => {
    const spans = turns(4, function* (s, parent, turn) {
      yield* toolCall(s, parent, { tool: 'act', delay: 80, fails: turn === 1 });
      if (turn === 1) yield* toolCall(s, parent, { tool: 'act', delay: 80, attempt: 1 });
    });
    const insight = found(spans);
    expect(numbersOf(insight).steps).toBe(4);
    expect(insight?.timeline.map((each) => each.outcome)).toEqual(['ok', 'failed', 'ok', 'ok']);
  });

  test('steps that differ, but of which none stands out', () => {
    const insight = found(loop([20, 60, 100, 140, 180, 220, 260, 300]));
    expect(insight?.answer).toMatch(
      /^8 steps of 185 ms in the median \(the slowest took 345 ms\).*no step is slow/,
    );
  });

  test('three times a short median, but within 100 ms of it', () => {
    expect(found(loop([5, 5, 5, 5, 90, 5, 5, 5]))?.answer).toContain('no step is slow');
  });
});

describe('a slow step makes the time', () => {
  const slow = (n: number, at: number, ms: number) => even(n).map((delay, i) => (i === at ? ms : delay));
  test('more than the count of the steps does', () => {
    const insight = found(loop(slow(10, 6, 3000)));
    expect(numbersOf(insight)).toEqual({
      steps: 10,
      mean_step: 417,
      median_step: 125,
      slowest_step: 3045,
      step_time: 4170,
      by_count: 1250,
      by_slowness: 2920,
    });
    expect(insight?.answer).toBe(
      'Step 7 of 10 took 3,045 ms, 24 times the median of 125 ms: slowness of one step, not the count, makes the time.',
    );
    expect(insight?.timeline[6]).toMatchObject({ label: 'step 7: tool_call act', outcome: 'slow' });
  });
  test('less than the count of the steps does: both are said', () => {
    expect(found(loop(slow(10, 2, 480)))?.answer).toBe(
      'Step 3 of 10 took 525 ms, 4.2 times the median of 125 ms: slowness of one step adds 400 ms to the 1,250 ms that ' +
        '10 steps take anyway.',
    );
  });
  test('two of them', () => {
    const insight = found(loop(slow(10, 2, 2000).map((ms, i) => (i === 5 ? 1500 : ms))));
    expect(insight?.answer).toContain('slowness of 2 steps, not the count');
    expect(insight?.timeline.filter((each) => each.outcome === 'slow')).toHaveLength(2);
  });
  test('the slowest of 200 stays in a timeline of 50', () => {
    const insight = found(loop(slow(200, 180, 3000)))!;
    expect(insight.timeline).toHaveLength(50);
    expect(insight.timeline.map((each) => each.label)).toContain('step 181: tool_call act');
    expect(insight.timeline).toEqual([...insight.timeline].sort((a, b) => a.startMs - b.startMs));
  });
});

describe('is no loop', () => {
  test.each<[string, readonly TestSpan[]]>([
    ['a fan-out of parallel workers', fanoutTrace()],
    ['a fan-out without workers, in rounds of its slots', fanoutTrace({ workers: false })],
    [
      'workers with the planner’s own name',
      fanoutTrace().map((span) => ({
        ...span,
        attributes: { ...span.attributes, 'gen_ai.agent.name': 'planner' },
      })),
    ],
    ['retried calls of a fan-out', retryTrace(0.3)],
    ['retried calls without workers', retryTrace(0.3, { workers: false })],
    [
      'retried calls that do not say so',
      retryTrace(0.3, { retries: { fails: failing(0.3), max: 3, declared: false } }),
    ],
    ['a chain of different agents', chainTrace()],
    ['different agents one after another', chainTrace({ siblings: true })],
    ['a stream', streamTrace()],
    ['an agent that plans, calls five tools in turn and answers', loop([80], { tools: 5 })],
    ['one step', reactTrace(1)],
    ['a chat', loop([])],
    ['chats without anything done', turns(5, (s, parent) => chat(s, parent, 40))],
    [
      'a service that calls others in turn',
      [
        { id: 1, name: 'GET /cart', kind: 2, start: 0, end: 500 },
        ...Array.from({ length: 5 }, (_, i) => ({
          id: i + 2,
          parent: 1,
          name: 'GET',
          kind: 3,
          start: i * 100,
          end: i * 100 + 80,
        })),
      ],
    ],
    [
      'calls within a tool',
      turns(1, function* (s, parent) {
        const tool = s.open({ parent, name: 'tool_call' });
        for (let i = 0; i < 5; i++) yield* toolCall(s, tool.id, { tool: 'inner', delay: 20 });
        tool.end();
      }),
    ],
  ])('%s', (_, spans) => {
    expect(found(spans)).toBeUndefined();
  });
  test('two steps: the question arises, the answer is no', () => {
    const insight = found(reactTrace(2));
    expect(insight).toMatchObject({ found: false, answer: '2 steps in 764 ms: too few for a loop.' });
  });
});

test('ten branches at once of chat, tool, chat, tool are not forty steps', () => {
  const spans: TestSpan[] = [
    { id: 1, name: 'invoke_agent solver', start: 0, end: 2000, attributes: attributes('agent', 'solver') },
  ];
  for (let branch = 0; branch < 10; branch++)
    for (let i = 0; i < 4; i++)
      spans.push({
        id: spans.length + 1,
        parent: 1,
        name: i % 2 === 0 ? 'chat model' : 'tool_call',
        start: i * 100 + branch * 7,
        end: i * 100 + 100 + branch * 7,
      });
  expect(numbersOf(found(spans)).steps ?? 0).toBeLessThanOrEqual(2);
});

test('a supervisor whose steps are other agents’ work', () => {
  const spans = workflow(function* (s, root) {
    const supervisor = s.open({
      parent: root,
      name: 'invoke_agent',
      attributes: attributes('agent', 'boss'),
    });
    for (let step = 0; step < 4; step++) {
      yield* chat(s, supervisor.id, 50);
      const other = s.open({
        parent: supervisor.id,
        name: 'invoke_agent',
        attributes: attributes('agent', `expert-${step}`),
      });
      yield* toolCall(s, other.id, { tool: 'look', delay: 98 });
      other.end();
    }
    supervisor.end();
  });
  expect(found(spans)).toMatchObject({ found: true, agent: 'boss' });
  expect(numbersOf(found(spans))).toMatchObject({ steps: 4, median_step: 150 });
});

test('of two loops the one that took longer', () => {
  const spans = workflow(function* (s, root) {
    for (const [name, n] of [
      ['quick', 9],
      ['long', 4],
    ] as const) {
      const agent = s.open({ parent: root, name: 'worker', attributes: attributes('worker', name) });
      for (let i = 0; i < n; i++) {
        yield* chat(s, agent.id, name === 'long' ? 400 : 10);
        yield* toolCall(s, agent.id, { tool: 'act', delay: 10 });
      }
      agent.end();
    }
  });
  expect(found(spans)).toMatchObject({ agent: 'long' });
  expect(numbersOf(found(spans)).steps).toBe(4);
});

test('arrival order and duplicates change nothing', () => {
  for (const spans of [reactTrace(10, 2), loop([80, 900, 80, 80]), reactTrace(5, 2, { chats: false })])
    for (const seed of [1, 2, 3])
      expect(found(shuffled([...spans, ...spans.slice(0, 7)], seed))).toEqual(found(spans));
});
