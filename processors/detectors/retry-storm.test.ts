import { describe, expect, test } from 'vitest';
import type { TestSpan } from '../trace/testkit.ts';
import { analysed, findingsOf, measure } from './analysed.testkit.ts';
import { detector as retryStorm } from './retry-storm.detector.ts';
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
} from './testkit.ts';

const found = (spans: readonly TestSpan[]) => findingsOf('retry_storm', spans);
/** Exactly the given calls fail once. */
const once = (calls: number) => ({
  fails: (call: number, attempt: number) => call < calls && attempt === 0,
  max: 3,
});

describe('fires', () => {
  test('100 calls of which a tenth fails, three retries', () => {
    const [finding, ...others] = found(retryTrace(0.1));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      agent: 'researcher',
      operation: 'worker',
      signature: 'tool_call flaky',
      severity: 'warning',
      root: true,
    });
    expect(measure(finding, 'logical_operations')).toBe(100);
    expect(measure(finding, 'amplification')).toBe(measure(finding, 'attempts') / 100);
  });
  test('p = 0.2 and four retries are critical', () => {
    const spans = fanoutTrace({ fanout: 200, retries: { fails: failing(0.25), max: 4 } });
    expect(found(spans)[0].severity).toBe('critical');
  });
  test('with the retries undeclared', () => {
    const spans = retryTrace(0.1, { retries: { fails: failing(0.1), max: 3, declared: false } });
    expect(measure(found(spans)[0], 'amplification')).toBe(
      measure(found(retryTrace(0.1))[0], 'amplification'),
    );
  });
  test('where nothing succeeds', () => {
    const [finding] = found(
      fanoutTrace({ fanout: 10, concurrency: 10, retries: { fails: () => true, max: 2 } }),
    );
    expect(measure(finding, 'amplification')).toBe(3);
    expect(measure(finding, 'gave_up')).toBe(10);
    expect(measure(finding, 'most_attempts')).toBe(3);
  });
  test('exactly five retried calls', () => {
    expect(found(fanoutTrace({ fanout: 50, concurrency: 50, retries: once(5) }))).toHaveLength(1);
  });
});

describe('stays silent', () => {
  test.each([
    ['retries at 1 %', retryTrace(0.01)],
    ['four retried calls of 20', fanoutTrace({ fanout: 20, retries: once(4) })],
    ['five retried calls of 200: A = 1.025', fanoutTrace({ fanout: 200, retries: once(5) })],
    ['failures without retries', fanoutTrace({ retries: { fails: failing(0.3), max: 0 } })],
    ['no failures', fanoutTrace()],
    ['a loop of 50 successful calls', reactTrace(50, 1, { chats: false })],
    ['rounds of two tools', reactTrace(30, 2)],
    ['a chain', chainTrace()],
    ['a starved stream', streamTrace()],
  ])('%s', (_, spans) => {
    expect(found(spans)).toEqual([]);
  });
  test('a loop over items, many of which fail and none is tried again', () => {
    const spans = workflow(function* (s, root) {
      const agent = s.open({ parent: root, name: 'invoke_agent a' });
      for (let i = 0; i < 60; i++)
        yield* toolCall(s, agent.id, { tool: 'fetch', delay: 10, fails: i % 2 === 0 });
      agent.end();
    });
    expect(found(spans)).toEqual([]);
  });
});

test('backoffs and failures in the story, whole sequences, at most 20 entries', () => {
  const spans = fanoutTrace({
    fanout: 20,
    concurrency: 20,
    retries: { fails: (_, attempt) => attempt < 2, max: 3 },
  });
  const [finding] = found(spans);
  expect(finding.timeline).toHaveLength(20);
  expect(finding.timeline.filter((each) => each.label.startsWith('call 1 '))).toEqual([
    { label: 'call 1 attempt 1', startMs: 0, durationMs: 82, outcome: 'failed' },
    { label: 'call 1 attempt 2, after 50 ms', startMs: 132, durationMs: 82, outcome: 'failed' },
    { label: 'call 1 attempt 3, after 100 ms', startMs: 314, durationMs: 82, outcome: 'ok' },
  ]);
  expect(measure(finding, 'backoff_max')).toBe(100);
  expect(measure(finding, 'first_failure_at')).toBe(82);
});

test('each recommendation can be computed again from the evidence', () => {
  const [finding] = found(fanoutTrace({ fanout: 40, concurrency: 40, retries: once(10) }));
  const e = (name: string) => measure(finding, name);
  expect([e('attempts'), e('logical_operations'), e('failed_attempts')]).toEqual([50, 40, 10]);
  expect(finding.recommendations.map((each) => each.action)).toEqual(['budget_retries', 'fix_callee']);
  const [budget, fix] = finding.recommendations.map((each) => each.text);
  expect(budget).toContain(`at most ${Math.floor(0.1 * e('logical_operations'))} retries for 40 calls`);
  expect(budget).toContain(`against ${e('attempts') - e('logical_operations')} observed`);
  expect(fix).toContain('40 calls instead of 50');
});

describe('the first remedy', () => {
  const first = (spans: readonly TestSpan[]) => found(spans)[0].recommendations[0].action;
  test.each([9, 10, 11])('%i retried calls of 100, all of which recover: the budget', (calls) => {
    expect(first(fanoutTrace({ fanout: 100, concurrency: 100, retries: once(calls) }))).toBe(
      'budget_retries',
    );
  });
  test('nothing succeeds: the breaker', () => {
    const dead = fanoutTrace({ fanout: 10, concurrency: 10, retries: { fails: () => true, max: 3 } });
    expect(first(dead)).toBe('rate_limit');
    expect(found(dead)[0].recommendations[0].text).toContain('when 50 % of its attempts fail: 100 % did');
  });
  test('a fifth of the calls is lost after its one retry: the breaker', () => {
    const lost = (calls: number) => ({ fails: (call: number) => call < calls, max: 1 });
    expect(first(fanoutTrace({ fanout: 50, concurrency: 50, retries: lost(10) }))).toBe('rate_limit');
    expect(first(fanoutTrace({ fanout: 50, concurrency: 50, retries: lost(9) }))).toBe('budget_retries');
  });
});

describe('the first failure', () => {
  /** Six calls at once, each tried again after 200 ms; the n-th takes `took[n]` ms to fail. */
  const together = (took: readonly number[]) =>
    workflow(function* (s, root) {
      const agent = s.open({ parent: root, name: 'invoke_agent a' });
      const call = function* (delay: number): Process {
        yield* toolCall(s, agent.id, { tool: 'db', delay, fails: true });
        yield 200;
        yield* toolCall(s, agent.id, { tool: 'db', delay: 10, attempt: 1 });
      };
      for (const delay of took) s.start(call(delay));
      yield 1000;
      agent.end();
    });

  test('is the one that ended first, not the one that began first; the insight says the same', () => {
    const [finding] = found(together([89, 95, 84, 90, 91, 92]));
    const at = measure(finding, 'first_failure_at');
    expect(at).toBeGreaterThanOrEqual(84);
    expect(at).toBeLessThan(89);
    expect(finding.explanation).toContain(`The first failure came ${at} ms into the trace.`);
    const insight = analysed(together([89, 95, 84, 90, 91, 92])).insights.find(
      ({ kind }) => kind === 'retries',
    );
    expect(insight?.answer).toMatch(new RegExp(`attempt 1, ${at} ms into the trace`));
  });
});

describe('retries at two levels', () => {
  /** Each of `calls` agents tries a sub-agent twice, and each of those a tool twice; all of it fails. */
  const layered = workflow(function* (s, root) {
    for (let i = 0; i < 6; i++) {
      const worker = s.open({ parent: root, name: 'worker', attributes: { 'gen_ai.agent.name': 'outer' } });
      for (let attempt = 0; attempt < 2; attempt++) yield* subAgent(s, worker.id, attempt);
      worker.end({ error: true });
    }
  });
  function* subAgent(s: Simulator, parent: number, attempt: number): Process {
    const attributes = {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'inner',
      ...(attempt > 0 && { 'http.request.resend_count': attempt }),
    };
    const span = s.open({ parent, name: 'invoke_agent inner', attributes });
    for (let again = 0; again < 2; again++)
      yield* toolCall(s, span.id, { tool: 'db', delay: 10, attempt: again, fails: true });
    span.end({ error: true });
  }

  test('the root is the caller of the deepest failing callee; the level above is a symptom', () => {
    const storms = found(layered).map(({ agent, signature, root }) => [agent, signature, root]);
    expect(storms.sort()).toEqual([
      ['inner', 'tool_call db', true],
      ['outer', 'invoke_agent inner', false],
    ]);
  });
});

describe('in a window', () => {
  const config = retryStorm.config.parse({});
  const judge = (traces: readonly (readonly TestSpan[])[]) =>
    retryStorm.inWindow!(
      {
        tenant: 'default',
        scope: 'operation',
        agent: 'researcher',
        operation: 'worker',
        startMs: 0,
        endMs: 60_000,
        traces: traces.map((spans, i) => ({
          traceId: String(i),
          eventTime: i,
          facts: analysed(spans)
            .signals.find((signal) => signal.operation === 'worker')!
            .facts.filter((fact) => fact.kind === 'retry_storm'),
        })),
      },
      config,
    );
  const small = (failures: number) => fanoutTrace({ fanout: 10, retries: once(failures) });

  test('traces of which none alone is a storm', () => {
    expect(found(small(1))).toEqual([]);
    const [finding] = judge(Array(5).fill(small(1)));
    expect(finding).toMatchObject({
      severity: 'warning',
      agent: 'researcher',
      signature: 'tool_call search',
    });
    expect(measure(finding, 'amplification')).toBe(1.1);
    expect(finding.incidentId).toBe(found(fanoutTrace({ fanout: 50, retries: once(10) }))[0].incidentId);
  });
  test('traces whose calls give up: the breaker first', () => {
    const lost = fanoutTrace({ fanout: 10, retries: { fails: (call) => call < 2, max: 1 } });
    expect(found(lost)).toEqual([]);
    const [finding] = judge(Array(5).fill(lost));
    expect(measure(finding, 'gave_up')).toBe(10);
    expect(finding.recommendations[0].action).toBe('rate_limit');
    expect(judge(Array(10).fill(small(1)))[0].recommendations[0].action).toBe('budget_retries');
  });
  test.each([
    ['four retried calls', Array(4).fill(small(1))],
    ['five of 110 calls', [...Array(5).fill(small(1)), ...Array(6).fill(small(0))]],
    ['no failures', Array(20).fill(small(0))],
    ['no traffic', []],
  ])('silent: %s', (_, traces) => {
    expect(judge(traces)).toEqual([]);
  });
});
