import { describe, expect, test } from 'vitest';
import { chainTrace, fanoutTrace, reactTrace, streamTrace } from '../detectors/testkit.ts';
import { shuffled, type TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';

const found = (spans: readonly TestSpan[]) => insightIn('stream', spans);
const root: TestSpan = { id: 1, name: 'workflow', start: 0, end: 20_000 };
const worker: TestSpan = { id: 3, parent: 1, name: 'worker', start: 0, end: 20_000 };
const stream = (offsets: readonly unknown[], rest: Partial<TestSpan> = {}): TestSpan => ({
  id: 2,
  parent: 1,
  name: 'token_stream',
  start: 0,
  end: 20_000,
  attributes: { 'ati.role': 'stream', 'ati.stream.token_offsets_ms': offsets as number[] },
  ...rest,
});
const steady = (count: number, gap: number, from = 0) =>
  Array.from({ length: count }, (_, i) => from + (i + 1) * gap);
/** Background calls: below a worker they are not the stream's own. */
const calls = (count: number, from: number, to: number, id = 100): TestSpan[] =>
  Array.from({ length: count }, (_, i) => ({
    id: id + i,
    parent: 3,
    name: 'tool_call',
    start: from,
    end: to,
    attributes: { 'ati.role': 'tool', 'gen_ai.tool.name': 'index' },
  }));
/** A chunk every 50 ms, none from 1 to 4 s. */
const stalling = [...steady(20, 50), ...steady(20, 50, 4000)];

describe('stood still while other work ran', () => {
  test('150 background calls on its slots', () => {
    const insight = found(streamTrace())!;
    expect(insight).toMatchObject({ found: true, agent: 'writer', operation: 'token_stream' });
    expect(numbersOf(insight)).toEqual({
      time_to_first_token: 50,
      chunks: 345,
      baseline_gap: 50,
      stalls: 1,
      stalled: 2814,
      longest_stall: 2814,
      overlap_share: 1,
      background_calls: 150,
      own_waits: 0,
    });
    expect(insight.answer).toBe(
      'Stood still while other work ran: 1 stall of 2,814 ms in all, during 100 % of which background work ran (150 calls ' +
        'beside the stream, mostly tool_call index); its own pace is a chunk every 50 ms, the first after 50 ms.',
    );
    expect(insight.timeline).toEqual([
      {
        label: 'no chunk',
        startMs: 4000,
        durationMs: 2814,
        outcome: '20 background calls beside it on average',
      },
      {
        label: 'background work',
        startMs: 4000,
        durationMs: 3216,
        outcome: '150 calls, mostly tool_call index',
      },
    ]);
  });
  test.each<[string, readonly TestSpan[]]>([
    ['without a declared interval', streamTrace({ declared: false })],
    [
      'a stall of half a second, which starves nobody',
      [root, worker, stream([...steady(20, 50), ...steady(20, 50, 1500)]), ...calls(20, 900, 1600)],
    ],
    [
      'one stall of two',
      [root, worker, stream([...stalling, ...steady(20, 50, 9000)]), ...calls(20, 900, 4100)],
    ],
  ])('%s', (_, spans) => {
    expect(found(spans)).toMatchObject({ found: true });
  });
  test('two bursts and two stalls, in order of time', () => {
    const offsets = [...stalling, ...steady(20, 50, 9000)];
    const spans = [root, worker, stream(offsets), ...calls(3, 1000, 4000), ...calls(5, 5000, 9000, 200)];
    expect(found(spans)?.timeline.map(({ label, startMs, outcome }) => [label, startMs, outcome])).toEqual([
      ['background work', 1000, '3 calls, mostly tool_call index'],
      ['no chunk', 1000, '3 background calls beside it on average'],
      ['background work', 5000, '5 calls, mostly tool_call index'],
      ['no chunk', 5000, '4.9 background calls beside it on average'],
    ]);
    expect(found(spans)?.answer).toContain('2 stalls of 7,100 ms in all (up to 4,050 ms)');
  });
  test('of two streams the starved one', () => {
    const other = stream(steady(300, 50), { id: 4, parent: 3 });
    expect(numbersOf(found([root, worker, other, stream(stalling), ...calls(20, 900, 4100)])).chunks).toBe(
      40,
    );
  });
  test('a hundred stalls: fifty entries, the burst among them', () => {
    const offsets = Array.from({ length: 30 }, (_, i) => 50 * (i + 1));
    for (let i = 0; i < 100; i++) offsets.push(1500 + (i + 1) * 300);
    const spans = [
      { ...root, end: 40_000 },
      { ...worker, end: 40_000 },
      stream(offsets, { end: 40_000 }),
      ...calls(4, 1500, 39_000),
    ];
    const insight = found(spans)!;
    expect(numbersOf(insight).stalls).toBe(100);
    expect(insight.timeline).toHaveLength(50);
    expect(insight.timeline.some((each) => each.label === 'background work')).toBe(true);
  });
});

describe('did not', () => {
  test.each<[string, readonly TestSpan[], RegExp]>([
    [
      'alone',
      streamTrace({ background: 0 }),
      /^Steady: a chunk every 50 ms, the first after 50 ms; nothing ran beside it\.$/,
    ],
    [
      'slow, with nothing beside it',
      streamTrace({ background: 0, interval: 900 }),
      /^Slow, but steady: a chunk every 900 ms, the first after 900 ms; nothing ran beside it\.$/,
    ],
    [
      'slower than declared, with nothing beside it',
      [
        root,
        stream(steady(100, 120), {
          attributes: {
            'ati.role': 'stream',
            'ati.stream.token_offsets_ms': steady(100, 120),
            'ati.stream.interval_ms': 50,
          },
        }),
      ],
      /^Slow, but steady: a chunk every 120 ms/,
    ],
    [
      'stalls with nothing beside them',
      [root, stream(stalling)],
      /^Slow, but nothing ran beside it: 1 stall of 3,050 ms/,
    ],
    [
      'background work with slots of its own',
      streamTrace({ apart: true }),
      /^Steady: .*; 150 background calls did not touch it\.$/,
    ],
    [
      'background work that leaves a slot free',
      streamTrace({ background: 19 }),
      /^Steady: .*; 19 background calls did not touch it\.$/,
    ],
    [
      'background work that ended before the stall',
      [root, worker, stream(stalling), ...calls(20, 100, 1000)],
      /^Slow, but nothing ran beside it/,
    ],
    [
      'background work beside half of the stall',
      [root, worker, stream(stalling), ...calls(20, 1000, 2500)],
      /^Slow, but not by the work beside it: .* only 49 % of which/,
    ],
    [
      'waiting for its own tool',
      streamTrace({ background: 0, ownTool: { at: 20, delay: 3000, below: true } }),
      /^Waited for its own tools: 1 gap of 3,052 ms in all; else steady, a chunk every 50 ms/,
    ],
    [
      'waiting for its own tool, right beside it',
      streamTrace({ background: 0, ownTool: { at: 20, delay: 3000, below: false } }),
      /^Waited for its own tools: 1 gap/,
    ],
    [
      'waiting for its own tool while background work with its own slots runs',
      streamTrace({ apart: true, ownTool: { at: 100, delay: 3000, below: true } }),
      /^Waited for its own tools: 1 gap/,
    ],
    [
      'a slow start',
      [root, worker, stream(steady(20, 50, 5000)), ...calls(20, 0, 5000)],
      /^Steady: .* the first after 5,050 ms; 20 background calls/,
    ],
    [
      'too little to know its pace',
      [root, worker, stream([50, 6000, 12_000]), ...calls(20, 0, 20_000)],
      /^Too few gaps .*: 3 chunks, the first after 50 ms\.$/,
    ],
  ])('%s', (_, spans, answer) => {
    const insight = found(spans)!;
    expect(insight.found).toBe(false);
    expect(insight.answer).toMatch(answer);
    for (const { name, value } of insight.evidence)
      expect([name, Number.isFinite(value)]).toEqual([name, true]);
  });
  test('a wait for its own tool is told in the timeline, and is no stall', () => {
    const insight = found(streamTrace({ background: 0, ownTool: { at: 20, delay: 3000, below: true } }))!;
    expect(numbersOf(insight)).toMatchObject({ stalls: 0, stalled: 0, own_waits: 3052 });
    expect(insight.timeline).toEqual([
      { label: 'no chunk', startMs: 1000, durationMs: 3052, outcome: 'waited for its own tools' },
    ]);
  });
});

describe('does not ask', () => {
  test.each<[string, readonly TestSpan[]]>([
    ['a fan-out', fanoutTrace()],
    ['a chain', chainTrace()],
    ['a loop', reactTrace(10)],
    ['a stream of one chunk', [root, stream([50])]],
    ['a stream that says nothing', [root, stream([])]],
    ['a stream that says nonsense', [root, stream(['a', 'b'])]],
    ['chunks further apart than time goes', [root, stream([-1e302, 0, 1e302])]],
  ])('%s', (_, spans) => {
    expect(found(spans)).toBeUndefined();
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e308, -50])(
  'an interval of %d ms is none: too few chunks to know a pace',
  (interval) => {
    const span = stream([100, 150, 200]);
    const said = { ...span.attributes, 'ati.stream.interval_ms': interval };
    const insight = found([root, worker, { ...span, attributes: said }, ...calls(20, 0, 900)]);
    expect(insight).toEqual(found([root, worker, span, ...calls(20, 0, 900)]));
    expect(numbersOf(insight).baseline_gap).toBe(50);
  },
);

test('a hundred streams are answered by the worst of them', () => {
  const many = Array.from({ length: 100 }, (_, i) => stream(steady(50, 50), { id: 1000 + i, parent: 3 }));
  const insight = found([root, worker, ...many, stream(stalling), ...calls(20, 900, 4100)]);
  expect(insight).toMatchObject({ found: true });
  expect(numbersOf(insight).stalls).toBe(1);
});

test('arrival order and duplicates change nothing', () => {
  for (const spans of [
    streamTrace(),
    streamTrace({ apart: true }),
    [root, worker, stream(stalling), ...calls(20, 900, 4100)],
  ])
    for (const seed of [1, 2, 3])
      expect(found(shuffled([...spans, ...spans.slice(0, 30)], seed))).toEqual(found(spans));
});
