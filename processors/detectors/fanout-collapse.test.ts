import { describe, expect, test } from 'vitest';
import type { TestSpan } from '../trace/testkit.ts';
import { analysed, detectors, findingsOf, measure } from './analysed.testkit.ts';
import { detector as fanoutCollapse } from './fanout-collapse.detector.ts';
import {
  chainTrace,
  fanoutTrace,
  Pool,
  planned,
  reactTrace,
  retryTrace,
  streamTrace,
  toolCall,
  workflow,
} from './testkit.ts';

const found = (spans: readonly TestSpan[]) => findingsOf('fanout_collapse', spans);

/** Starts rounded down to the ms as the JavaScript SDK does, durations with noise of up to 12 %. */
function noisy(call: number): number {
  return 80 * (1 + 0.12 * ((call * 0.7548776662) % 1));
}

describe('fires', () => {
  test('100 calls on 20 slots of 80 ms', () => {
    const [finding] = found(fanoutTrace());
    expect(finding).toMatchObject({
      kind: 'fanout_collapse',
      agent: 'planner',
      operation: 'planner',
      signature: 'tool_call search',
      severity: 'warning',
      root: true,
    });
    const values = Object.fromEntries(finding.evidence.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({
      offered_width: 100,
      concurrency: 20,
      service_time: 82,
      mean_wait: 164,
      queue_share: 0.6667,
      expected_makespan: 410,
      observed_makespan: 410,
      last_wait: 328,
      last_service: 82,
    });
  });
  test.each([
    ['calls of uneven length', fanoutTrace({ delay: noisy })],
    ['calls of very uneven length', fanoutTrace({ delay: (call) => 40 + ((call * 37) % 100) })],
    ['no worker spans', fanoutTrace({ workers: false })],
    ['one slot only', fanoutTrace({ fanout: 30, concurrency: 1 })],
    ['barely wide enough', fanoutTrace({ fanout: 10, concurrency: 2 })],
    ['retries', retryTrace(0.1)],
    [
      'spans that end 8 ms after their slot is free',
      fanoutTrace().map((span) => ({ ...span, end: span.end + 8 })),
    ],
    ['background work beside a stream', streamTrace()],
  ])('%s', (_, spans) => {
    expect(found(spans)).toHaveLength(1);
  });
  test('rounds with thinking in between, each of which collapses, are one finding', () => {
    const spans = workflow(function* (s, root) {
      for (let round = 0; round < 4; round++) {
        yield 500;
        yield* planned(s, root, { fanout: 60, concurrency: 10 });
      }
    });
    const [finding, ...others] = found(spans);
    expect(others).toEqual([]);
    expect(measure(finding, 'offered_width')).toBe(60);
  });
  test('the longer the queue, the worse', () => {
    expect(found(fanoutTrace({ fanout: 200 }))[0].severity).toBe('critical');
  });
});

describe('stays silent', () => {
  test.each([
    ['20 calls on 20 slots', fanoutTrace({ fanout: 20 })],
    ['100 calls on 100 slots', fanoutTrace({ concurrency: 100 })],
    ['100 on 100 of uneven length', fanoutTrace({ concurrency: 100, delay: (call) => 20 + call * 10 })],
    ['9 workers on one slot', fanoutTrace({ fanout: 9, concurrency: 1 })],
    ['30 calls on 20 slots', fanoutTrace({ fanout: 30 })],
    ['40 calls on 20 slots: a second round, but half the wait', fanoutTrace({ fanout: 40 })],
    ['100 calls of 5 ms on 20 slots: nobody notices', fanoutTrace({ delay: 5 })],
    ['a ReAct loop of 10', reactTrace(10)],
    ['a ReAct loop of 30', reactTrace(30)],
    ['a loop of 100 calls without chats', reactTrace(100, 1, { chats: false, gap: 0 })],
    ['ten rounds of two tools', reactTrace(10, 2)],
    ['ten rounds of two tools, chats not traced', reactTrace(10, 2, { chats: false })],
    ['ten rounds of two tools at once', reactTrace(10, 2, { chats: false, gap: 0 })],
    ['ten rounds of twelve tools', reactTrace(10, 12)],
    ['ten rounds of twelve tools, chats not traced', reactTrace(10, 12, { chats: false })],
    ['a chain', chainTrace()],
    ['one agent after another', chainTrace({ siblings: true })],
    ['two fan-outs of 20 on 20, one after the other', twoRounds(20, 20)],
  ])('%s', (_, spans) => {
    expect(found(spans)).toEqual([]);
  });

  test('workers that think before they call do not queue', () => {
    const spans = workflow(function* (s, root) {
      const planner = s.open({ parent: root, name: 'planner' });
      const worker = function* (i: number) {
        const span = s.open({ parent: planner.id, name: 'worker' });
        const chat = s.open({ parent: span.id, name: 'chat model', kind: 3 });
        yield 100 + i * 30;
        chat.end();
        yield* toolCall(s, span.id, { tool: 'search', delay: 80 });
        span.end();
      };
      for (let i = 0; i < 40; i++) s.start(worker(i));
      yield 3000;
      planner.end();
    });
    expect(found(spans)).toEqual([]);
  });

  test('a worker that makes 30 calls, one after the other', () => {
    const spans = workflow(function* (s, root) {
      const span = s.open({ parent: root, name: 'worker' });
      for (let i = 0; i < 30; i++) yield* toolCall(s, span.id, { tool: 'search', delay: 80 });
      span.end();
    });
    expect(found(spans)).toEqual([]);
  });

  test('calls that are started slowly, one each 200 ms', () => {
    const spans = workflow(function* (s, root) {
      const planner = s.open({ parent: root, name: 'planner' });
      for (let i = 0; i < 30; i++) {
        s.start(toolCall(s, planner.id, { tool: 'search', delay: 300 }));
        yield 200;
      }
      yield 500;
      planner.end();
    });
    expect(found(spans)).toEqual([]);
  });
});

function twoRounds(fanout: number, concurrency: number) {
  return workflow(function* (s, root) {
    yield* planned(s, root, { fanout, concurrency });
    yield* planned(s, root, { fanout, concurrency });
  });
}

test('each recommendation can be computed again from the evidence', () => {
  const [finding] = found(fanoutTrace({ fanout: 150, concurrency: 10 }));
  const e = (name: string) => measure(finding, name);
  const rounds = Math.ceil(e('offered_width') / e('concurrency'));
  expect(e('expected_makespan')).toBe(rounds * e('service_time'));
  const [reduce, batch, capacity] = finding.recommendations.map((each) => each.text);
  expect(finding.recommendations[0].action).toBe('reduce_concurrency');
  expect(e('mean_wait')).toBe(574);
  expect(reduce).toBe(
    'Let planner offer 10 calls at a time instead of 150, the next as one ends: 10 run at a time either ' +
      'way, so it takes no longer (15 rounds of 82 ms are 1,230 ms; 1,230 ms were observed), and the wait of 574 ms on average ' +
      "ends, in which a call's timeout already runs.",
  );
  expect(batch).toContain(`Batch ${rounds} items`);
  expect(batch).toContain('10 calls would fit its 10 slots');
  expect(capacity).toContain('from 10 to 150');
});

test('one slot is told in the singular', () => {
  const [finding] = found(fanoutTrace({ fanout: 30, concurrency: 1 }));
  expect(finding.recommendations[0].text).toContain(
    'offer 1 call at a time instead of 30, the next as one ends: 1 runs at a time either way',
  );
});

test('narrowing is not said to win back what the batch took beyond its rounds', () => {
  const [finding] = found(fanoutTrace({ delay: (call) => 40 + ((call * 37) % 100) }));
  const [expected, observed] = ['expected_makespan', 'observed_makespan'].map((name) =>
    measure(finding, name),
  );
  expect(observed).toBeGreaterThan(expected * 1.5);
  const { text } = finding.recommendations[0];
  expect(text).toContain(`so it takes no longer (5 rounds of`);
  expect(text).not.toMatch(/instead of [\d,]+ ms|expected makespan|against/);
});

test('the story ends with the last finisher', () => {
  const [finding] = found(fanoutTrace());
  expect(finding.timeline.length).toBeLessThanOrEqual(20);
  const last = finding.timeline.find((each) => each.startMs + each.durationMs === 410);
  expect(last?.label).toBe('tool_call search #81: waited 328 ms, served in 82 ms');
});

describe('in a window', () => {
  const config = fanoutCollapse.config.parse({});
  /** Facts of traces with these numbers of calls at once, which slow each other down by `factor`. */
  const facts = (widths: readonly number[], factor: number) =>
    widths.flatMap((width, i) => {
      const delay = width > 2 ? 50 * factor : 50;
      const spans = workflow((s, root) =>
        planned(s, root, { fanout: width, pool: new Pool(1000), delay, workers: false }),
      );
      const signal = analysed(spans).signals.find((each) => each.operation === 'planner');
      return [
        {
          traceId: String(i),
          eventTime: i,
          facts: signal!.facts.filter((fact) => fact.kind === 'fanout_collapse'),
        },
      ];
    });
  const judge = (widths: readonly number[], factor: number) =>
    fanoutCollapse.inWindow!(
      {
        tenant: 'default',
        scope: 'operation',
        agent: 'planner',
        operation: 'planner',
        startMs: 0,
        endMs: 60_000,
        traces: facts(widths, factor),
      },
      config,
    );
  const alone = Array<number>(12).fill(1);

  test('an operation that is three times as slow when crowded', () => {
    const [finding] = judge([...alone, 12], 3.2);
    expect(finding).toMatchObject({ agent: 'planner', operation: 'planner', signature: 'tool_call search' });
    expect(measure(finding, 'p50_alone')).toBe(52);
    expect(measure(finding, 'p50_crowded')).toBe(162);
    expect(measure(finding, 'slowdown')).toBeCloseTo(162 / 52, 3);
  });
  test.each([
    ['not slow enough', [...alone, 12], 2.8],
    ['too few alone', [1, 1, 1, 12], 5],
    ['too few crowded', [...alone, 9, 9], 5],
    ['never crowded', [...alone, 2, 2], 5],
    ['no traffic', [], 5],
  ])('silent: %s', (_, widths, factor) => {
    expect(judge(widths, factor)).toEqual([]);
  });
  test('the same incident as in one trace', () => {
    expect(judge([...alone, 12], 4)[0].incidentId).toBe(found(fanoutTrace())[0].incidentId);
  });
});

test('thresholds are config', () => {
  const strict = { fanout_collapse: { minWidth: 101 } };
  expect(analysed(fanoutTrace(), strict).findings).toEqual([]);
  expect(detectors(strict).thresholdsDigest('fanout_collapse')).not.toBe(
    detectors().thresholdsDigest('fanout_collapse'),
  );
});
