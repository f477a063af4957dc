import { describe, expect, test } from 'vitest';
import type { TestSpan } from '../trace/testkit.ts';
import { analysed, findingsOf, measure } from './analysed.testkit.ts';
import { detector as starvation } from './starvation.detector.ts';
import { chainTrace, fanoutTrace, reactTrace, retryTrace, streamTrace } from './testkit.ts';

const found = (spans: readonly TestSpan[]) => findingsOf('starvation', spans);
const stream = (offsets: readonly unknown[], rest: Record<string, unknown> = {}): TestSpan => ({
  id: 2,
  parent: 1,
  name: 'token_stream',
  start: 0,
  end: 20_000,
  attributes: { 'ati.role': 'stream', 'ati.stream.token_offsets_ms': offsets as number[], ...rest } as never,
});
const root: TestSpan = { id: 1, name: 'workflow', start: 0, end: 20_000 };
const steady = (count: number, gap: number, from = 0) =>
  Array.from({ length: count }, (_, i) => from + (i + 1) * gap);
const calls = (count: number, from: number, to: number, parent = 1): TestSpan[] =>
  Array.from({ length: count }, (_, i) => ({
    id: 100 + i,
    parent,
    name: 'tool_call',
    start: from,
    end: to,
    attributes: { 'ati.role': 'tool', 'gen_ai.tool.name': 'index' },
  }));
const worker: TestSpan = { id: 3, parent: 1, name: 'worker', start: 0, end: 20_000 };

describe('fires', () => {
  test('a stream of 20 s whose slots 150 background calls take', () => {
    const [finding] = found(streamTrace());
    expect(finding).toMatchObject({
      agent: 'writer',
      operation: 'token_stream',
      signature: 'tool_call index',
      severity: 'warning',
      root: true,
    });
    expect(measure(finding, 'baseline_gap')).toBe(50);
    expect(measure(finding, 'time_to_first_token')).toBe(50);
    expect(measure(finding, 'stalled')).toBeGreaterThan(2500);
    expect(measure(finding, 'overlap_share')).toBeGreaterThan(0.98);
    expect(measure(finding, 'background_concurrency')).toBe(20);
  });
  test.each([
    ['without a declared interval', streamTrace({ declared: false })],
    ['from its start on, by the declared interval', streamTrace({ backgroundAt: 100 })],
    ['a slower stream', streamTrace({ interval: 100 })],
    ['a shorter stream', streamTrace({ duration: 5000 })],
    [
      'beside calls of its own caller, many at once',
      [root, stream([...steady(20, 50), ...steady(20, 50, 4000)]), ...calls(20, 1000, 4000)],
    ],
  ])('%s', (_, spans) => {
    expect(found(spans)).toHaveLength(1);
  });
  test('a third of the stream lost is critical', () => {
    expect(found(streamTrace({ duration: 6000, background: 200 }))[0].severity).toBe('critical');
  });
});

describe('stays silent', () => {
  test.each([
    ['nothing beside it', streamTrace({ background: 0 })],
    ['a slow stream with nothing beside it', streamTrace({ background: 0, interval: 900 })],
    ['background work with slots of its own', streamTrace({ apart: true })],
    ['background work that leaves a slot free', streamTrace({ background: 19 })],
    ['a short burst of background work', streamTrace({ background: 30 })],
    ['background calls of 10 ms', streamTrace({ toolDelay: 10 })],
    [
      'waiting for its own tool',
      streamTrace({ background: 0, ownTool: { at: 20, delay: 3000, below: true } }),
    ],
    [
      'waiting for its own tool, a sibling in the trace',
      streamTrace({ background: 0, ownTool: { at: 20, delay: 3000, below: false } }),
    ],
    [
      'waiting for its own tool while background work with its own slots runs',
      streamTrace({ apart: true, ownTool: { at: 100, delay: 3000, below: true } }),
    ],
    ['a fan-out', fanoutTrace()],
    ['a retry storm', retryTrace(0.1)],
    ['a chain', chainTrace()],
    ['a ReAct loop', reactTrace(10)],
  ])('%s', (_, spans) => {
    expect(found(spans)).toEqual([]);
  });

  const stalling = [...steady(20, 50), ...steady(20, 50, 4000)];
  test.each<[string, readonly TestSpan[]]>([
    ['a stall with nothing beside it', [root, stream(stalling)]],
    [
      'a stall of which background work covers only half',
      [root, worker, stream(stalling), ...calls(20, 1000, 2500, 3)],
    ],
    [
      'background work that ended before the stall',
      [root, worker, stream(stalling), ...calls(20, 100, 1000, 3)],
    ],
    [
      'a person beside it',
      [root, stream(stalling), { ...worker, name: 'human_review', start: 900, end: 4100 }],
    ],
    ['another stream beside it', [root, stream(stalling), { ...stream(steady(400, 50)), id: 4 }]],
    [
      'one stall of 900 ms',
      [root, worker, stream([...steady(20, 50), ...steady(20, 50, 1850)]), ...calls(20, 900, 2000, 3)],
    ],
    ['stalls below 250 ms', [root, worker, stream(steady(80, 249)), ...calls(20, 5000, 20_000, 3)]],
    ['one chunk', [root, worker, stream([50]), ...calls(20, 0, 20_000, 3)]],
    ['no chunk', [root, worker, stream([]), ...calls(20, 0, 20_000, 3)]],
    ['offsets that are no numbers', [root, worker, stream(['a', 'b']), ...calls(20, 0, 20_000, 3)]],
    ['a slow start', [root, worker, stream(steady(20, 50, 5000)), ...calls(20, 0, 5000, 3)]],
    [
      'too little to know its own pace',
      [root, worker, stream([50, 6000, 12_000]), ...calls(20, 0, 20_000, 3)],
    ],
  ])('%s', (_, spans) => {
    expect(found(spans)).toEqual([]);
  });
});

test('each recommendation can be computed again from the evidence', () => {
  const [finding] = found(streamTrace());
  const e = (name: string) => measure(finding, name);
  const [pools, reduce] = finding.recommendations.map((each) => each.text);
  expect(pools).toContain(`pace of ${e('baseline_gap')} ms a chunk its ${e('stalls')} stall`);
  expect(pools).toContain(`${Math.round(e('stalled')).toLocaleString('en')} ms in all`);
  expect(reduce).toContain('19 calls at once instead of 20');
  expect(reduce).toContain(`${Math.round(100 / 19)} % longer`);
});

describe('across the streams of one instance', () => {
  const config = starvation.config.parse({});
  const facts = (rate: number) => [
    {
      kind: 'starvation' as const,
      callee: 'token_stream',
      values: [{ name: 'relative_rate', value: rate, unit: 'ratio' }],
    },
  ];
  const judge = (rates: readonly number[], scope: 'operation' | 'instance' = 'instance') =>
    starvation.inWindow!(
      {
        tenant: 'default',
        scope,
        agent: 'app',
        operation: 'instance-1',
        startMs: 0,
        endMs: 60_000,
        traces: rates.map((rate, i) => ({ traceId: String(i), eventTime: i, facts: facts(rate) })),
      },
      config,
    );
  test('one that starves beside others', () => {
    const [finding] = judge([1, 1, 0.01, 0.01, 0.02]);
    expect(measure(finding, 'fairness')).toBeLessThan(0.7);
    expect(finding).toMatchObject({ agent: 'app', operation: 'instance-1', severity: 'warning' });
  });
  test.each([
    ['equal rates', [1, 0.9, 1]],
    ['all slow alike', [0.1, 0.1, 0.1]],
    ['one of many slow', [1, 1, 1, 1, 1, 0.1]],
    ['two streams', [1, 0.01]],
    ['no streams', []],
  ])('silent: %s', (_, rates) => {
    expect(judge(rates)).toEqual([]);
  });
  test('silent for signals of an operation, which many instances share', () => {
    expect(judge([1, 1, 0.01, 0.01, 0.02], 'operation')).toEqual([]);
  });
  test('a stream tells its instance how fast it was by its own pace', () => {
    const rate = (spans: readonly TestSpan[]) => {
      const signal = analysed(spans).signals.find((each) => each.scope === 'instance')!;
      expect([signal.agent, signal.operation, signal.calls]).toEqual(['app', 'instance-1', 1]);
      return signal.facts[0].values.find((each) => each.name === 'relative_rate')!.value;
    };
    expect(rate(streamTrace({ background: 0 }))).toBe(1);
    expect(rate(streamTrace({ background: 0, interval: 900 }))).toBe(1);
    expect(rate(streamTrace({ background: 0, ownTool: { at: 20, delay: 3000, below: true } }))).toBe(1);
    expect(rate(streamTrace())).toBeCloseTo(0.86, 2);
  });
});

test('a chat that says when its chunks came is a stream too', () => {
  const chat = streamTrace().map((span) =>
    span.name === 'token_stream'
      ? { ...span, name: 'chat model', attributes: { ...span.attributes, 'ati.role': 'chat' } }
      : span,
  );
  expect(found(chat)).toMatchObject([{ agent: 'writer', operation: 'chat model' }]);
  const instance = analysed(chat).signals.find((signal) => signal.scope === 'instance');
  expect(instance).toMatchObject({ operation: 'instance-1', calls: 1 });
});
