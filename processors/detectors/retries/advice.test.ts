import { expect, test } from 'vitest';
import { count, ratio } from '../measures.ts';
import { detector as retryStorm } from '../retry-storm.detector.ts';
import { adviceMeasures, adviseRetries } from './advice.ts';

const limits = retryStorm.config.parse({});
const advise = (n: { calls: number; retries: number; failed: number; gaveUp: number }, own = limits) =>
  adviseRetries(
    'tool_call db',
    'worker',
    [
      count('attempts', n.calls + n.retries),
      count('logical_operations', n.calls),
      ratio('amplification', (n.calls + n.retries) / n.calls),
      count('failed_attempts', n.failed),
      ratio('failure_rate', n.failed / (n.calls + n.retries)),
      count('gave_up', n.gaveUp),
      ...adviceMeasures(own),
    ],
    own,
  );
const actions = (n: Parameters<typeof advise>[0]) => advise(n).map((each) => each.action);

test('a dead callee is left alone first', () => {
  const [breaker, budget, fix] = advise({ calls: 100, retries: 300, failed: 400, gaveUp: 100 });
  expect(breaker).toEqual({
    action: 'rate_limit',
    text:
      'Stop calling tool_call db for a while (circuit breaker) when 50 % of its attempts fail: 100 % did, and each ' +
      'retry adds to its load (4.00 attempts for each call).',
  });
  expect(budget.text).toBe(
    'Give worker a retry budget of 10 % of its calls to tool_call db: at most 10 retries for 100 calls, against 300 observed.',
  );
  expect(fix.text).toBe(
    'Without the 400 failures of tool_call db the same work is 100 calls instead of 400.',
  );
});

test.each([4, 9, 10, 11, 30])('%i retries that heal: the budget first, no breaker', (retries) => {
  const all = { calls: 100, retries, failed: retries, gaveUp: 0 };
  expect(actions(all)).toEqual(['budget_retries', 'fix_callee']);
  expect(advise(all)[0].text).toContain('at most 10 retries for 100 calls');
});

test('a budget that was kept is not said to be exceeded', () => {
  const text = (retries: number) => advise({ calls: 100, retries, failed: retries, gaveUp: 0 })[0].text;
  expect(text(10)).toContain('where 10 were observed: it keeps a worse day');
  expect(text(11)).toContain('against 11 observed.');
});

test('the breaker begins where half of the attempts fail', () => {
  expect(actions({ calls: 50, retries: 50, failed: 50, gaveUp: 0 })[0]).toBe('rate_limit');
  expect(actions({ calls: 50, retries: 50, failed: 49, gaveUp: 0 })).not.toContain('rate_limit');
});

test('many calls that gave up: the breaker comes first, with no threshold that the failures do not reach', () => {
  const [breaker, budget] = advise({ calls: 100, retries: 20, failed: 40, gaveUp: 20 });
  expect([breaker.action, budget.action]).toEqual(['rate_limit', 'budget_retries']);
  expect(breaker.text).toBe(
    'Stop calling tool_call db for a while (circuit breaker) when calls fail in spite of their retries: 20 of 100 did, ' +
      'and each retry adds to its load (1.20 attempts for each call).',
  );
  expect(actions({ calls: 100, retries: 20, failed: 39, gaveUp: 19 })[0]).toBe('budget_retries');
});

test('one is told in the singular', () => {
  const [budget, fix] = advise({ calls: 10, retries: 1, failed: 1, gaveUp: 0 }).map((each) => each.text);
  expect(budget).toContain('at most 1 retry for 10 calls');
  expect(fix).toContain('Without the 1 failure of');
});

test('an installation with thresholds of its own is told those', () => {
  const own = { ...limits, retryBudget: 0.2, breakerFailureRate: 0.25 };
  const [breaker, budget] = advise({ calls: 60, retries: 30, failed: 30, gaveUp: 0 }, own);
  expect(breaker.text).toContain('when 25 % of its attempts fail: 33 % did');
  expect(budget.text).toContain(
    'a retry budget of 20 % of its calls to tool_call db: at most 12 retries for 60 calls',
  );
});
