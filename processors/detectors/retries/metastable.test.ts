import { describe, expect, test } from 'vitest';
import type { Fact } from '#schemas/events.ts';
import type { OtlpAttributes } from '#schemas/otlp/write.ts';
import type { TestSpan } from '../../trace/testkit.ts';
import { analysed, measure } from '../analysed.testkit.ts';
import type { WindowContext } from '../detector.ts';
import { detector as retryStorm } from '../retry-storm.detector.ts';
import { fanoutTrace } from '../testkit.ts';
import { isOverload } from './overload.ts';

const START = 1_700_000_000_000;
type Failure = 'broken' | 'timeout' | 'none';

/** Ten calls of which `failing` fail once, each in the given way, and are tried again. */
function trace(how: Failure, failing = 2): TestSpan[] {
  const spans = fanoutTrace({
    fanout: 10,
    concurrency: 10,
    retries: { fails: (call, attempt) => how !== 'none' && call < failing && attempt === 0, max: 3 },
  });
  const attributes: OtlpAttributes =
    how === 'broken' ? { 'http.response.status_code': 500 } : { 'error.type': 'TimeoutError' };
  return spans.map((span) =>
    span.error ? { ...span, attributes: { ...span.attributes, ...attributes } } : span,
  );
}

const known = new Map<string, readonly Fact[]>();

/** What such a trace says of its workers' calls. */
function factsOf(how: Failure, failing?: number): readonly Fact[] {
  const key = `${how} ${failing}`;
  let facts = known.get(key);
  if (facts === undefined) {
    const signal = analysed(trace(how, failing)).signals.find((each) => each.operation === 'worker');
    facts = signal?.facts.filter((fact) => fact.kind === 'retry_storm') ?? [];
    known.set(key, facts);
  }
  return facts;
}

/** A window of one trace a second, from its start on: the letters say how the calls of each fail. */
function window(letters: string, failing?: number): WindowContext {
  const how: Record<string, Failure> = { b: 'broken', t: 'timeout', '.': 'none' };
  return {
    tenant: 'default',
    scope: 'operation',
    agent: 'researcher',
    operation: 'worker',
    startMs: START,
    endMs: START + 60_000,
    traces: [...letters].flatMap((letter, second) => {
      if (letter === ' ') return [];
      const eventTime = START + second * 1000;
      return [{ traceId: String(second), eventTime, facts: factsOf(how[letter], failing) }];
    }),
  };
}

const judge = (letters: string, failing?: number, thresholds = {}) =>
  retryStorm.inWindow?.(window(letters, failing), retryStorm.config.parse(thresholds)) ?? [];
const isMetastable = (letters: string, failing?: number, thresholds = {}) =>
  judge(letters, failing, thresholds).some(({ evidence }) =>
    evidence.some(({ name }) => name === 'trigger_ended_at'),
  );
const long = (letter: string, seconds: number) => letter.repeat(seconds);

test('the trigger ends after 20 s, timeouts and retries go on for the other 40', () => {
  const [finding, ...others] = judge(long('b', 20) + long('t', 40));
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ severity: 'critical', agent: 'researcher', operation: 'worker' });
  const e = (name: string) => measure(finding, name);
  expect(e('trigger_failures')).toBe(40);
  expect(e('trigger_ended_at')).toBe(19_000);
  expect([e('amplification_before'), e('amplification_after')]).toEqual([1.2, 1.2]);
  expect([e('operations_after'), e('attempts_after'), e('overload_failures_after')]).toEqual([400, 480, 80]);
  expect(e('hops_after')).toBe(4);
  expect(finding.explanation).toContain(
    'It outlives its trigger: the 40 failures that are no overload ended 19,000 ms into the window (1.20 attempts for ' +
      'each call until then), but for 4 hops after them 80 attempts failed by timeout or rejection',
  );
  expect(finding.recommendations[0]).toMatchObject({ action: 'break_retry_loop' });
  expect(finding.recommendations[0].text).toContain(
    'falls from 480 to 400 attempts, from 1.20 to 1 for each call',
  );
});

test('it is the same incident as the storm before it', () => {
  const [storm] = judge(long('b', 60));
  const [metastable] = judge(long('b', 20) + long('t', 40));
  expect(metastable.incidentId).toBe(storm.incidentId);
});

test('while the trigger still shows some timeouts, its end counts', () => {
  expect(isMetastable('bt'.repeat(10) + long('t', 40))).toBe(true);
});

describe('near misses', () => {
  test.each([
    ['the storm ends with its trigger', long('b', 20) + long('.', 40)],
    ['it ends soon after its trigger', long('b', 20) + long('t', 15) + long('.', 25)],
    ['it ends in the third hop', long('b', 10) + long('t', 20) + long('.', 30)],
    ['the trigger goes on', long('b', 60)],
    ['the trigger comes back', `${long('b', 20)}${long('t', 30)}b${long('t', 9)}`],
    ['the trigger has only just ended', long('b', 35) + long('t', 25)],
    ['overload from the first moment: nothing triggered it', long('t', 60)],
    ['too few failures before', `bb${long('t', 58)}`],
    ['a hop without traffic', `${long('b', 10)}${long('t', 10)}${long(' ', 20)}${long('t', 20)}`],
    ['no traffic after the trigger', long('b', 20)],
    ['no traffic', ''],
    ['healthy', long('.', 60)],
  ])('%s', (_, letters) => {
    expect(isMetastable(letters)).toBe(false);
  });
  test('one hop short', () => {
    const letters = long('b', 32) + long('t', 28);
    expect(isMetastable(letters)).toBe(false);
    expect(isMetastable(long('b', 31) + long('t', 29))).toBe(true);
    expect(isMetastable(letters, 2, { metastableHops: 2 })).toBe(true);
  });
  test('after the trigger fewer than five calls are retried', () => {
    const rare = `${long('b', 20)}${'t         '.repeat(4)}`;
    expect(isMetastable(rare, 1)).toBe(false);
    expect(isMetastable(`${long('b', 20)}${'tt        '.repeat(4)}`, 1)).toBe(true);
  });
  test('a storm that ended with its trigger is still the storm of this window', () => {
    const [finding] = judge(long('b', 20) + long('.', 40));
    expect(finding.severity).toBe('warning');
    expect(finding.recommendations.map(({ action }) => action)).not.toContain('break_retry_loop');
  });
});

describe('overload', () => {
  test.each([
    [408, undefined],
    [429, undefined],
    [503, 'ServiceUnavailable'],
    [504, undefined],
    [529, undefined],
    [undefined, '503'],
    [undefined, 'ETIMEDOUT'],
    [undefined, 'TimeoutError'],
    [undefined, 'timed out'],
    [undefined, 'DEADLINE_EXCEEDED'],
    [undefined, 'RESOURCE_EXHAUSTED'],
    [undefined, 'RateLimitError'],
    [undefined, 'overloaded_error'],
    [undefined, 'ThrottlingException'],
  ])('%s %s', (status, type) => {
    expect(isOverload(status, type)).toBe(true);
  });
  test.each([
    [500, 'TimeoutError'],
    [502, undefined],
    [undefined, '500'],
    [undefined, 'ECONNREFUSED'],
    [undefined, 'ECONNRESET'],
    [undefined, 'ValueError'],
    [undefined, undefined],
    [undefined, true],
  ])('not %s %s', (status, type) => {
    expect(isOverload(status, type)).toBe(false);
  });
});
