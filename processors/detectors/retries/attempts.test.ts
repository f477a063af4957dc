import { describe, expect, test } from 'vitest';
import { type TestSpan, viewOf } from '../../trace/testkit.ts';
import { foldAttempts } from './attempts.ts';

/** For each attempt (in order of start) the 1-based position of the one before it, or 0. */
function folded(calls: Partial<TestSpan>[], parentRole = 'agent'): number[] {
  const spans: TestSpan[] = [
    { id: 1, name: 'caller', start: 0, end: 10_000, attributes: { 'ati.role': parentRole } },
    ...calls.map((call, i) => ({
      id: i + 2,
      parent: 1,
      name: 'tool_call',
      start: 1 + i * 100,
      end: 51 + i * 100,
      ...call,
    })),
  ];
  const view = viewOf(spans);
  const { previous } = foldAttempts(view);
  return Array.from(previous.subarray(1, view.n), (row) => Math.max(row, 0));
}
const failed = { error: true };
const resend = (n: number, rest: Partial<TestSpan> = {}) => ({
  ...rest,
  attributes: { 'http.request.resend_count': n },
});
const args = (hash: string, rest: Partial<TestSpan> = {}) => ({
  ...rest,
  attributes: { 'ati.args_hash': hash },
});

describe('is a retry', () => {
  test('by resend count', () => {
    expect(folded([failed, resend(1, failed), resend(2)])).toEqual([0, 1, 2]);
  });
  test('by resend count among parallel calls: each follows one failure', () => {
    const at = (start: number, rest: Partial<TestSpan>) => ({ ...rest, start, end: start + 50 });
    expect(folded([at(1, failed), at(2, failed), at(3, {}), at(100, resend(1)), at(120, resend(1))])).toEqual(
      [0, 0, 0, 2, 1],
    );
  });
  test('by ati.attempt, which counts from 1', () => {
    const attempt = (n: number, rest = {}) => ({ ...rest, attributes: { 'ati.attempt': n } });
    expect(folded([attempt(1, failed), attempt(2, failed), attempt(3)])).toEqual([0, 1, 2]);
  });
  test('by a link to the failed attempt', () => {
    expect(folded([failed, failed, { links: [2] }])).toEqual([0, 0, 1]);
  });
  test('by the same arguments after a failure', () => {
    expect(folded([args('a', failed), args('b', failed), args('a')])).toEqual([0, 0, 1]);
  });
  test('in a worker, where every call but the last failed', () => {
    expect(folded([failed, failed, {}], 'worker')).toEqual([0, 1, 2]);
    expect(folded([failed, failed, failed], 'worker')).toEqual([0, 1, 2]);
  });
  test('by an HTTP status alone', () => {
    const status = (code: number) => ({ attributes: { 'http.response.status_code': code } });
    expect(folded([status(503), status(429), status(200)], 'worker')).toEqual([0, 1, 2]);
  });
  test('though the clock rounds its start to just before the failure ended', () => {
    expect(folded([{ ...failed, start: 1, end: 51.8 }, resend(1, { start: 51, end: 90 })])).toEqual([0, 1]);
  });
});

describe('is no retry', () => {
  test('the same arguments after a success: a loop', () => {
    expect(folded([args('a'), args('a'), args('a')])).toEqual([0, 0, 0]);
  });
  test('other arguments after a failure: the next piece of work', () => {
    expect(folded([args('a', failed), args('b'), args('c')])).toEqual([0, 0, 0]);
  });
  test('without arguments after a failure under an agent: who knows', () => {
    expect(folded([failed, failed, {}])).toEqual([0, 0, 0]);
  });
  test('in a worker that also succeeded before: a loop over flaky work', () => {
    expect(folded([failed, {}, failed, {}], 'worker')).toEqual([0, 0, 0, 0]);
  });
  test('what overlaps the failure: hedging or parallel work', () => {
    expect(folded([args('a', { ...failed, end: 150 }), args('a')])).toEqual([0, 0]);
    expect(folded([{ ...failed, end: 150 }, resend(1)])).toEqual([0, 0]);
  });
  test('a resend after a success (a redirect)', () => {
    expect(folded([{}, resend(1)])).toEqual([0, 0]);
  });
  test('the third attempt whose second was lost', () => {
    expect(folded([failed, resend(2)])).toEqual([0, 0]);
  });
  test('a call of another tool', () => {
    const tool = (name: string, rest: Partial<TestSpan> = {}) => ({
      ...rest,
      attributes: { 'gen_ai.tool.name': name },
    });
    expect(folded([tool('a', failed), tool('b', failed), tool('c')], 'worker')).toEqual([0, 0, 0]);
  });
  test('a failed plan or checkpoint', () => {
    expect(folded([{ name: 'planner', error: true }, { name: 'planner' }], 'worker')).toEqual([0, 0]);
  });
  test('an explicit success beats an error type', () => {
    const ok = { attributes: { 'http.response.status_code': 200 } };
    expect(folded([ok, ok], 'worker')).toEqual([0, 0]);
  });
});
