/** Fan-outs that look like a collapse and are none, and collapses that do not look like one. */
import { describe, expect, test } from 'vitest';
import type { TestSpan } from '../../trace/testkit.ts';
import { findingsOf, measure } from '../analysed.testkit.ts';
import {
  failing,
  fanoutTrace,
  Pool,
  type Process,
  planned,
  type Simulator,
  toolCall,
  workflow,
} from '../testkit.ts';

const found = (spans: readonly TestSpan[]) => findingsOf('fanout_collapse', spans);

/** In [0, 1), the same for the same i. */
const scattered = (i: number) => (i * 0.7548776662) % 1;

/** As OpenTelemetry's SDK for JavaScript: the start is rounded down to the ms, the duration is kept. */
const rounded = (spans: readonly TestSpan[]): TestSpan[] =>
  spans.map((span) => {
    const by = span.start - Math.floor(span.start);
    return { ...span, start: span.start - by, end: span.end - by };
  });

/** Calls that come over time: the i-th `gap(i)` ms after the one before it, whatever becomes of them. */
function overTime(calls: number, gap: (i: number) => number, took: (i: number) => number, workers: boolean) {
  return workflow(function* (s, root): Process {
    const planner = s.open({ parent: root, name: 'planner', attributes: { 'ati.role': 'planner' } });
    const piece = function* (i: number, at: number): Process {
      const worker = workers ? s.open({ parent: planner.id, name: 'worker' }) : undefined;
      yield at;
      yield* toolCall(s, worker?.id ?? planner.id, { tool: 'search', delay: took(i) });
      worker?.end();
    };
    let at = 0;
    for (let i = 0; i < calls; i++) {
      at += gap(i);
      s.start(piece(i, at));
    }
    yield at + 2000;
    planner.end();
  });
}

describe('a collapse all the same', () => {
  test('though a worker was lost, so that one call does not tell when it was offered', () => {
    const whole = fanoutTrace({ concurrency: 2 });
    const workers = whole.filter(({ name }) => name === 'worker');
    for (const lost of [workers[0], workers[50], workers[99]]) {
      const [finding] = found(whole.filter((span) => span !== lost));
      expect([measure(finding, 'offered_width'), measure(finding, 'concurrency')]).toEqual([99, 2]);
    }
  });

  test('a straggler that runs long after the queue is empty', () => {
    for (const workers of [true, false]) {
      const [finding] = found(fanoutTrace({ workers, delay: (call) => (call === 37 ? 4000 : 80) }));
      expect(measure(finding, 'concurrency')).toBe(20);
      expect(measure(finding, 'expected_makespan')).toBe(410);
      expect(measure(finding, 'longest_service')).toBe(4002);
    }
  });

  test.each([
    [500, 5, 0.1],
    [600, 5, 0.7],
    [400, 3, 1],
    [1000, 10, 1.3],
    [800, 20, 6.3],
    [900, 100, 30],
  ])(
    '%i calls on %i slots of %f ms (and 2 of network), by clocks of a millisecond',
    (fanout, concurrency, delay) => {
      const spans = rounded(
        fanoutTrace({ fanout, concurrency, delay: (call) => delay * (1 + 0.3 * scattered(call)) }),
      );
      const [finding] = found(spans);
      expect(measure(finding, 'concurrency')).toBe(concurrency);
    },
  );

  test('calls that fail fast and are tried again while others wait', () => {
    const spans = fanoutTrace({ retries: { fails: failing(0.3), max: 3 }, fanout: 200 });
    expect(measure(found(spans)[0], 'concurrency')).toBe(20);
  });

  test('two planners that share a pool, calls in turn', () => {
    for (const workers of [true, false]) {
      const spans = workflow(function* (s, root) {
        const pool = new Pool(20);
        for (const _ of [1, 2])
          s.start(planned(s, root, { pool, workers, delay: (call) => 80 + 40 * scattered(call) }));
        yield 3000;
      });
      expect(found(spans)).toHaveLength(1);
    }
  });

  test('two callees that share a pool: each is found', () => {
    expect(found(twoCallees(60, 60)).map((finding) => finding.signature)).toEqual(
      expect.arrayContaining(['tool_call fast', 'tool_call slow']),
    );
  });

  test('two batches one after the other, the second behind a straggler of the first', () => {
    const spans = workflow(function* (s, root): Process {
      s.start(planned(s, root, { delay: (call) => (call === 3 ? 2000 : 80) }));
      yield 700;
      yield* planned(s, root, {});
      yield 2000;
    });
    const [finding, ...others] = found(spans);
    expect(others).toEqual([]);
    expect(measure(finding, 'offered_width')).toBe(100);
  });
});

/** One planner that offers calls of two callees in turn to one pool of ten slots. */
function twoCallees(fast: number, slow: number): TestSpan[] {
  return workflow(function* (s, root): Process {
    const planner = s.open({ parent: root, name: 'planner', attributes: { 'ati.role': 'planner' } });
    const pool = new Pool(10);
    const piece = function* (tool: string, delay: number): Process {
      const worker = s.open({ parent: planner.id, name: 'worker' });
      yield pool;
      yield* toolCall(s, worker.id, { tool, delay });
      s.release(pool);
      worker.end();
    };
    for (let i = 0; i < fast; i++) {
      s.start(piece('fast', 60 + 20 * scattered(i)));
      s.start(piece('slow', 90 + 30 * scattered(i)));
    }
    yield fast * 60 + slow * 60;
    planner.end();
  });
}

describe('no collapse', () => {
  test.each([
    ['one each 50 ms, 250 ms each', () => 50, () => 250],
    ['one each 50 ms, 225 to 300 ms each', () => 50, (i: number) => 225 + 75 * scattered(i)],
    ['a timer with jitter', (i: number) => 47 + 6 * scattered(i), (i: number) => 240 + 20 * scattered(i + 7)],
    ['one each 20 ms, 400 ms each', () => 20, (i: number) => 400 + 10 * scattered(i)],
    [
      'events at random',
      (i: number) => -50 * Math.log(1 - scattered(i)),
      (i: number) => 250 + 25 * scattered(i),
    ],
    [
      'five at once, each 250 ms',
      (i: number) => (i % 5 === 0 ? 250 : 0),
      (i: number) => 200 + 10 * scattered(i),
    ],
  ])('calls that come over time: %s', (_, gap, took) => {
    expect(found(overTime(100, gap, took, false))).toEqual([]);
  });

  test('a token bucket: twenty at once, then one each 50 ms', () => {
    const gap = (i: number) => (i < 20 ? 0 : 50);
    for (const workers of [true, false])
      expect(found(overTime(120, gap, (i) => 300 + 30 * scattered(i), workers))).toEqual([]);
  });

  test('workers that prepare for uneven times before they call, untraced', () => {
    const spans = workflow(function* (s, root): Process {
      const planner = s.open({ parent: root, name: 'planner' });
      const worker = function* (i: number): Process {
        const span = s.open({ parent: planner.id, name: 'worker' });
        yield 100 + 1400 * scattered(i);
        yield* toolCall(s, span.id, { tool: 'search', delay: 100 });
        span.end();
      };
      for (let i = 0; i < 60; i++) s.start(worker(i));
      yield 3000;
      planner.end();
    });
    expect(found(spans)).toEqual([]);
  });

  test('two healthy batches, joined by the slow tenth of the first', () => {
    for (const workers of [true, false]) {
      const spans = workflow(function* (s, root): Process {
        const planner = s.open({ parent: root, name: 'planner' });
        const batch = function* (slow: number): Process {
          for (let i = 0; i < 100; i++) {
            const worker = workers ? s.open({ parent: planner.id, name: 'worker' }) : undefined;
            const call = function* (): Process {
              yield* toolCall(s, worker?.id ?? planner.id, { tool: 'search', delay: i % 10 ? 80 : slow });
              worker?.end();
            };
            s.start(call());
          }
          yield 0;
        };
        yield* batch(1500);
        yield 1000;
        yield* batch(80);
        yield 1000;
        planner.end();
      });
      expect(found(spans)).toEqual([]);
    }
  });

  test('fan-outs within a fan-out: each level is judged by itself', () => {
    const nested = (inner: number, slots: number) =>
      workflow(function* (s, root): Process {
        const outer = s.open({ parent: root, name: 'planner', attributes: agentNamed('lead') });
        const sub = function* (i: number): Process {
          const span = s.open({
            parent: outer.id,
            name: 'invoke_agent',
            attributes: agentNamed(`helper-${i}`),
          });
          yield* subCalls(s, span.id, inner, slots);
          span.end();
        };
        for (let i = 0; i < 20; i++) s.start(sub(i));
        yield 5000;
        outer.end();
      });
    expect(found(nested(20, 20))).toEqual([]);
    const within = found(nested(40, 8));
    expect(within.map(({ agent, signature }) => [agent, signature])).toEqual([
      ['helper-*', 'tool_call search'],
    ]);
    expect(measure(within[0], 'offered_width')).toBe(40);
  });
});

const agentNamed = (name: string) => ({ 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name });

function* subCalls(s: Simulator, parent: number, calls: number, slots: number): Process {
  const pool = new Pool(slots);
  let left = calls;
  const call = function* (): Process {
    yield pool;
    yield* toolCall(s, parent, { tool: 'search', delay: 80 });
    s.release(pool);
    left--;
  };
  for (let i = 0; i < calls; i++) s.start(call());
  while (left > 0) yield 1;
}
