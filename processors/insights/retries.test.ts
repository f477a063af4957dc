import { describe, expect, test } from 'vitest';
import {
  chainTrace,
  failing,
  fanoutTrace,
  type Process,
  reactTrace,
  retryTrace,
  type Simulator,
  toolCall,
  workflow,
} from '../detectors/testkit.ts';
import type { TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';

const look = (spans: readonly TestSpan[]) => insightIn('retries', spans);
/** The attempts of each call that fail. */
const failures = (counts: Record<number, number>, max = 3) => ({
  fails: (call: number, attempt: number) => attempt < (counts[call] ?? 0),
  max,
});
const wide = { fanout: 10, concurrency: 10, tool: 'flaky' };

describe('tells the exact sequences', () => {
  test('one call that is tried three times, with its back-off', () => {
    const insight = look(fanoutTrace({ ...wide, retries: failures({ 4: 2 }) }));
    expect(insight).toMatchObject({ found: true, agent: 'researcher', operation: 'worker' });
    expect(insight?.answer).toBe(
      '1 of 10 calls of tool_call flaky had to be tried again: 12 attempts in all (1.20 for each call), of which ' +
        '2 failed, with 150 ms of waiting between them; 0 of them failed in the end. ' +
        'The first failure was tool_call flaky #5 attempt 1, 82 ms into the trace (failed).',
    );
    expect(numbersOf(insight)).toEqual({
      logical_operations: 10,
      attempts: 12,
      retried_operations: 1,
      failed_attempts: 2,
      amplification: 1.2,
      backoff_total: 150,
      gave_up: 0,
    });
    expect(insight?.timeline).toEqual([
      { label: 'tool_call flaky #5 attempt 1', startMs: 0, durationMs: 82, outcome: 'failed' },
      { label: 'tool_call flaky #5 attempt 2, after 50 ms', startMs: 132, durationMs: 82, outcome: 'failed' },
      { label: 'tool_call flaky #5 attempt 3, after 100 ms', startMs: 314, durationMs: 82, outcome: 'ok' },
    ]);
  });
  test('undeclared retries are the same', () => {
    const declared = look(retryTrace(0.1));
    expect(look(retryTrace(0.1, { retries: { fails: failing(0.1), max: 3, declared: false } }))).toEqual(
      declared,
    );
  });
  test('where nothing succeeds', () => {
    const insight = look(fanoutTrace({ ...wide, retries: { fails: () => true, max: 2 } }));
    expect(numbersOf(insight)).toMatchObject({
      attempts: 30,
      failed_attempts: 30,
      gave_up: 10,
      amplification: 3,
    });
    expect(insight?.timeline).toHaveLength(30);
  });
  test('a call that gave up at once is no retry, but a failed attempt', () => {
    const insight = look(
      workflow(function* (s, root) {
        const worker = function* (fails: number, attempts: number): Process {
          const span = s.open({ parent: root, name: 'worker', attributes: { 'ati.role': 'worker' } });
          for (let attempt = 0; attempt < attempts; attempt++)
            yield* toolCall(s, span.id, { tool: 'flaky', delay: 10, attempt, fails: attempt < fails });
          span.end();
        };
        yield* worker(1, 1);
        yield* worker(1, 2);
        yield* worker(0, 1);
      }),
    );
    expect(numbersOf(insight)).toMatchObject({
      logical_operations: 3,
      attempts: 4,
      retried_operations: 1,
      failed_attempts: 2,
      gave_up: 0,
    });
    expect(insight?.timeline.map((entry) => entry.label)).toEqual([
      'tool_call flaky #2 attempt 1',
      'tool_call flaky #2 attempt 2, after 0 ms',
    ]);
  });
  test('calls of other tools beside them are not counted', () => {
    const spans = workflow(function* (s, root) {
      const worker = s.open({ parent: root, name: 'worker', attributes: { 'ati.role': 'worker' } });
      yield* toolCall(s, worker.id, { tool: 'search', delay: 10 });
      yield* toolCall(s, worker.id, { tool: 'flaky', delay: 10, fails: true });
      yield* toolCall(s, worker.id, { tool: 'flaky', delay: 10, attempt: 1 });
      worker.end();
    });
    expect(numbersOf(look(spans))).toMatchObject({ logical_operations: 1, attempts: 2 });
  });
  test('the first failure is the first to end, named with its error', () => {
    const at = (id: number, start: number, end: number, attributes = {}): TestSpan => ({
      id,
      parent: 1,
      name: 'tool_call',
      kind: 3,
      start,
      end,
      error: end !== 900,
      attributes: { 'gen_ai.tool.name': 'flaky', ...attributes },
    });
    const insight = look([
      { id: 1, name: 'worker', start: 0, end: 1000, attributes: { 'ati.role': 'worker' } },
      at(2, 0, 500, { 'error.type': 'timeout', 'ati.args_hash': 'a' }),
      at(3, 10, 90, { 'error.type': '503', 'ati.args_hash': 'b' }),
      at(4, 600, 900, { 'http.request.resend_count': 1, 'ati.args_hash': 'b' }),
    ]);
    expect(insight?.answer).toContain(
      'The first failure was tool_call flaky #2 attempt 1, 90 ms into the trace (503).',
    );
    expect(insight?.timeline.map((entry) => entry.outcome)).toEqual(['failed: 503', 'ok']);
  });
  test('a retry that the clock puts just before the failure came at once', () => {
    const attempt = (id: number, start: number, end: number, n: number): TestSpan => ({
      id,
      parent: 1,
      name: 'tool_call',
      kind: 3,
      start,
      end,
      error: n === 0,
      attributes: n > 0 ? { 'http.request.resend_count': n } : {},
    });
    const spans: TestSpan[] = [
      { id: 1, name: 'worker', start: 0, end: 300 },
      attempt(2, 0, 100.4, 0),
      attempt(3, 100, 200, 1),
    ];
    expect(numbersOf(look(spans))).toMatchObject({ attempts: 2, backoff_total: 0 });
    expect(look(spans)?.timeline[1].label).toBe('tool_call #1 attempt 2, after 0 ms');
  });
  test('long names are cut in its entries', () => {
    const spans = fanoutTrace({ fanout: 60, retries: { fails: () => true, max: 1 } });
    const long = spans.map((span) => ({
      ...span,
      attributes: {
        ...span.attributes,
        'gen_ai.tool.name': 'x'.repeat(5000),
        'error.type': 'y'.repeat(5000),
      },
    }));
    const { timeline, answer } = insightIn('retries', long)!;
    expect(timeline).toHaveLength(50);
    expect(answer.length).toBe(1000);
    for (const { label, outcome } of timeline) expect([label.length, outcome.length]).toEqual([200, 200]);
  });
  test('of very many the first whole sequences', () => {
    const counts = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i, 2]));
    const insight = look(fanoutTrace({ fanout: 100, concurrency: 100, retries: failures(counts) }));
    expect(insight?.timeline).toHaveLength(48);
    expect(numbersOf(insight)).toMatchObject({ attempts: 300, retried_operations: 100 });
  });
});

describe('answers no', () => {
  test('failed calls that nobody tried again', () => {
    const insight = look(fanoutTrace({ ...wide, retries: failures({ 3: 1, 8: 1 }, 0) }));
    expect(insight).toMatchObject({
      found: false,
      answer:
        'No retries: 2 of 10 calls of tool_call flaky failed, none was tried again. ' +
        'The first failure was tool_call flaky #4, 82 ms into the trace (failed).',
    });
    expect(numbersOf(insight)).toEqual({
      logical_operations: 10,
      attempts: 10,
      retried_operations: 0,
      failed_attempts: 2,
      amplification: 1,
      backoff_total: 0,
      gave_up: 0,
    });
    expect(insight?.timeline).toHaveLength(2);
  });
  test('a failed call and other work after it, by arguments', () => {
    const spans = workflow(function* (s, root) {
      const call = function* (hash: string, error: boolean): Process {
        const span = s.open({
          parent: root,
          name: 'tool_call',
          kind: 3,
          attributes: { 'ati.role': 'tool', 'ati.args_hash': hash },
        });
        yield 10;
        span.end({ error });
      };
      yield* call('a', true);
      yield* call('b', false);
    });
    expect(look(spans)).toMatchObject({ found: false });
  });
  test('an agent that fails because its tool did counts once', () => {
    const spans = workflow(function* (s, root) {
      const agent = s.open({
        parent: root,
        name: 'invoke_agent solver',
        attributes: { 'gen_ai.operation.name': 'invoke_agent' },
      });
      yield* toolCall(s, agent.id, { tool: 'flaky', delay: 10, fails: true });
      agent.end({ error: true });
    });
    expect(numbersOf(look(spans))).toMatchObject({ logical_operations: 1, failed_attempts: 1 });
  });
});

/** Polls a job: the same arguments again and again, each time with success. */
function* polls(s: Simulator, root: number): Process {
  for (let i = 0; i < 10; i++) {
    const span = s.open({
      parent: root,
      name: 'tool_call',
      kind: 3,
      attributes: { 'ati.role': 'tool', 'gen_ai.tool.name': 'status', 'ati.args_hash': 'same' },
    });
    yield 20;
    span.end();
  }
}

describe('is not asked', () => {
  test.each([
    ['a loop: success, then the same arguments again', workflow(polls)],
    ['a fan-out in which nothing fails', fanoutTrace()],
    ['a ReAct loop', reactTrace(10)],
    ['a chain', chainTrace()],
    [
      'a failed server span that is nobody’s call',
      workflow(function* (s, root) {
        const span = s.open({ parent: root, name: 'GET /x', kind: 2 });
        yield 5;
        span.end({ error: true });
      }),
    ],
  ])('%s', (_, spans) => {
    expect(look(spans)).toBeUndefined();
  });
});
