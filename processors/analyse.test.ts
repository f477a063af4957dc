import { describe, expect, test } from 'vitest';
import { analyseTrace } from './analyse.ts';
import { analysed, detectors, readAnalysis } from './detectors/analysed.testkit.ts';
import { fanoutTrace, planned, reactTrace, retryTrace, streamTrace, workflow } from './detectors/testkit.ts';
import { columnsOf, hexId, TEST_START_NS, TEST_TRACE, type TestSpan } from './trace/testkit.ts';

const span = (
  id: number,
  parent: number | undefined,
  start: number,
  end: number,
  rest: Partial<TestSpan> = {},
) => ({
  id,
  parent,
  start,
  end,
  name: 'step',
  ...rest,
});

describe('the summary', () => {
  test('names the root, counts spans once, and times from the root', () => {
    const spans = [
      span(1, undefined, 100, 900, {
        name: 'workflow 7',
        service: 'app',
        attributes: { 'gen_ai.agent.name': 'flow-3' },
      }),
      span(2, 1, 200, 950, { error: true }),
      span(2, 1, 200, 950, { error: true }),
    ];
    expect(analysed(spans)).toMatchObject({
      tenant: 'default',
      traceId: TEST_TRACE,
      rootSpanId: hexId(1),
      rootService: 'app',
      rootAgent: 'flow-*',
      rootOperation: 'workflow *',
      startUnixNano: TEST_START_NS + 100_000_000n,
      durationNs: 800e6,
      spanCount: 2,
      errorCount: 1,
      eventTimeMs: Number(TEST_START_NS / 1_000_000n) + 900,
    });
  });

  test('without a root: no id, the longest orphan named, the whole extent, the greatest end', () => {
    const spans = [span(5, 99, 10, 60, { name: 'worker' }), span(6, 98, 30, 70, { name: 'short' })];
    expect(analysed(spans)).toMatchObject({
      rootSpanId: '',
      rootOperation: 'worker',
      durationNs: 60e6,
      eventTimeMs: Number(TEST_START_NS / 1_000_000n) + 70,
    });
  });

  test('every number of it can be written as an Avro long, whatever the times', () => {
    const columns = columnsOf([span(1, undefined, 0, 10), span(2, 1, 5, 8)]);
    columns.time.fill(0xffffffff, 4, 8);
    const found = readAnalysis(analyseTrace('t', TEST_TRACE, columns, detectors()));
    for (const value of [found.durationNs, found.eventTimeMs, ...found.path.map((each) => each.endNs)])
      expect(Number.isSafeInteger(value)).toBe(true);
  });
});

describe('signals', () => {
  const names = (spans: readonly TestSpan[]) =>
    analysed(spans).signals.map(({ scope, agent, operation, calls, errors, durationMs }) => [
      scope,
      agent,
      operation,
      calls,
      errors,
      durationMs,
    ]);

  test('one for each agent operation that calls others', () => {
    expect(names(fanoutTrace())).toEqual([
      ['operation', 'flow-workflow', 'workflow', 1, 0, 410],
      ['operation', 'planner', 'planner', 1, 0, 410],
      ['operation', 'researcher', 'worker', 100, 0, 410],
    ]);
  });

  test('the duration of calls side by side counts once, of calls in turn each', () => {
    const twice = workflow(function* (s, root) {
      yield* planned(s, root, { fanout: 2, delay: 98 });
      yield 1000;
      yield* planned(s, root, { fanout: 2, delay: 98 });
    });
    expect(names(twice).find(([, agent]) => agent === 'planner')).toEqual([
      'operation',
      'planner',
      'planner',
      2,
      0,
      200,
    ]);
  });

  test('streams have one for their operation and one for their instance', () => {
    expect(names(streamTrace({ background: 0 })).map((each) => each.slice(0, 4))).toEqual([
      ['instance', 'app', 'instance-1', 1],
      ['operation', 'flow-workflow', 'workflow', 1],
      ['operation', 'writer', 'token_stream', 1],
    ]);
  });

  test('every finding has the signal of its agent operation, and every signal is there once', () => {
    for (const spans of [fanoutTrace(), retryTrace(0.1), streamTrace(), reactTrace(10, 2)]) {
      const { findings, signals } = analysed(spans);
      expect(signals.flatMap((signal) => signal.findings)).toHaveLength(findings.length);
      for (const signal of signals)
        for (const finding of signal.findings)
          expect([finding.agent, finding.operation]).toEqual([signal.agent, signal.operation]);
      const keys = signals.map(({ scope, agent, operation }) => `${scope} ${agent} ${operation}`);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  test('a worker without children counts among the workers that have some', () => {
    const spans = [
      span(1, undefined, 0, 100),
      span(2, 1, 0, 10, { name: 'worker' }),
      span(3, 1, 5, 50, { name: 'worker', error: true }),
      span(4, 3, 6, 40, { name: 'tool_call' }),
    ];
    expect(names(spans)).toContainEqual(['operation', 'app', 'worker', 2, 1, 50]);
  });

  test('one span alone still speaks for its operation', () => {
    expect(names([span(1, undefined, 0, 5)])).toEqual([['operation', 'app', 'step', 1, 0, 5]]);
  });
});

test('10,000 spans and a depth of 1,000', () => {
  const deep = Array.from({ length: 1000 }, (_, i) => span(i + 1, i || undefined, i, 3000 - i));
  const wide = Array.from({ length: 9000 }, (_, i) =>
    span(2000 + i, 1 + (i % 1000), 1000, 1001 + (i % 50), { name: `tool_call`, error: i % 9 === 0 }),
  );
  const found = analysed([...deep, ...wide]);
  expect(found.spanCount).toBe(10_000);
  expect(found.path.reduce((sum, each) => sum + each.endNs - each.startNs, 0)).toBe(3000e6);
});
