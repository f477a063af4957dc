/** The fast folding against the definition, written down as simply as it can be. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLOCK_NS } from '../../trace/clock.ts';
import { ROLE } from '../../trace/roles.ts';
import { type TestSpan, viewOf } from '../../trace/testkit.ts';
import type { TraceView } from '../../trace/view.ts';
import { failedCalls, isCall } from '../calls.ts';
import { foldAttempts } from './attempts.ts';

function retryOf(view: TraceView, row: number): number {
  const resend = view.attribute(row, 'http.request.resend_count');
  if (typeof resend === 'number') return Math.max(0, resend);
  const attempt = view.attribute(row, 'ati.attempt');
  return typeof attempt === 'number' ? Math.max(0, attempt - 1) : 0;
}

/** Looks through every open failure for each call: quadratic, and plainly what the definition says. */
function foldedSimply(view: TraceView): number[] {
  const previous = new Array<number>(view.n).fill(-1);
  const failed = failedCalls(view);
  const args = (row: number) =>
    view.attribute(row, 'ati.args_hash') ?? view.attribute(row, 'gen_ai.tool.call.arguments');
  const rows = Array.from({ length: view.n }, (_, row) => row).filter((row) => isCall(view, row));
  const siblingsOf = (row: number) =>
    rows.filter((each) => view.parent[each] === view.parent[row] && view.callee[each] === view.callee[row]);
  const inTurn = (calls: readonly number[]) =>
    calls
      .slice(0, -1)
      .every((row, i) => failed[row] === 1 && view.end[row] <= view.start[calls[i + 1]] + CLOCK_NS);
  for (const row of rows) {
    const siblings = siblingsOf(row);
    const parent = view.parent[row];
    const oneWork = parent >= 0 && view.role[parent] === ROLE.worker && inTurn(siblings);
    const open = siblings.filter(
      (each) =>
        each < row &&
        failed[each] === 1 &&
        !previous.includes(each) &&
        view.end[each] <= view.start[row] + CLOCK_NS,
    );
    const lastToEnd = (candidates: readonly number[]) =>
      [...candidates].sort((a, b) => view.end[b] - view.end[a] || a - b)[0] ?? -1;
    const same = (each: number) => args(each) === args(row);
    const compatible = (each: number) => args(each) === undefined || args(row) === undefined || same(each);
    const retry = retryOf(view, row);
    const links = view.links(row);
    if (retry > 0)
      previous[row] = lastToEnd(open.filter((each) => retryOf(view, each) === retry - 1 && compatible(each)));
    else if (links.length > 0)
      previous[row] = lastToEnd(open.filter((each) => links.includes(view.spanId(each))));
    if (retry === 0 && previous[row] < 0 && (args(row) !== undefined || oneWork))
      previous[row] = lastToEnd(open.filter(same));
  }
  return previous;
}

const call = fc.record({
  parent: fc.constantFrom(1, 2, 3),
  start: fc.integer({ min: 0, max: 60 }),
  took: fc.constantFrom(0, 0.4, 0.9, 1, 1.1, 5, 20),
  fails: fc.boolean(),
  tool: fc.constantFrom('a', 'a', 'a', 'b'),
  resend: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  attempt: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  args: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
  links: fc.array(fc.integer({ min: 10, max: 40 }), { maxLength: 2 }),
  /** Two spans with one id, as some tracers write client and server. */
  id: fc.option(fc.integer({ min: 10, max: 40 }), { nil: undefined }),
});

type Call = typeof call extends fc.Arbitrary<infer Value> ? Value : never;

const callers: TestSpan[] = [
  { id: 1, name: 'invoke_agent a', start: 0, end: 100 },
  { id: 2, parent: 1, name: 'worker', start: 0, end: 100, attributes: { 'ati.role': 'worker' } },
  { id: 3, parent: 1, name: 'worker', start: 0, end: 100, attributes: { 'ati.role': 'worker' } },
];

function spansOf(calls: readonly Call[]): TestSpan[] {
  return [
    ...callers,
    ...calls.map(
      (each, i): TestSpan => ({
        id: each.id ?? 10 + i,
        parent: each.parent,
        name: 'tool_call',
        start: each.start,
        end: each.start + each.took,
        error: each.fails,
        links: each.links,
        attributes: {
          'gen_ai.tool.name': each.tool,
          ...(each.resend !== undefined && { 'http.request.resend_count': each.resend }),
          ...(each.attempt !== undefined && { 'ati.attempt': each.attempt }),
          ...(each.args !== undefined && { 'ati.args_hash': each.args }),
        },
      }),
    ),
  ];
}

test('folds as the definition says', () => {
  fc.assert(
    fc.property(fc.array(call, { maxLength: 30 }), (calls) => {
      const view = viewOf(spansOf(calls));
      const { previous, first } = foldAttempts(view);
      expect([...previous.subarray(0, view.n)]).toEqual(foldedSimply(view));
      for (let row = 0; row < view.n; row++)
        expect(first[row]).toBe(previous[row] < 0 ? row : first[previous[row]]);
    }),
    { numRuns: 500 },
  );
});

describe('of one caller with thousands of failed calls', () => {
  /** Each call fails once and is tried again, all of them at the same time. */
  const many = (attributes: (call: number, attempt: number) => Record<string, string | number>) => [
    callers[0],
    ...Array.from({ length: 20_000 }, (_, i): TestSpan => {
      const [number, attempt] = [i >> 1, i & 1];
      return {
        id: 10 + i,
        parent: 1,
        name: 'tool_call',
        start: attempt * 5000 + number * 0.01,
        end: attempt * 5000 + number * 0.01 + 500,
        error: attempt === 0,
        attributes: attributes(number, attempt),
      };
    }),
  ];
  test.each([
    ['declared', (_: number, attempt: number) => ({ 'http.request.resend_count': attempt })],
    ['by their arguments', (call: number) => ({ 'ati.args_hash': String(call) })],
    ['all with the same arguments', () => ({ 'ati.args_hash': 'x' })],
  ])('%s: each follows one failure', (_, attributes) => {
    const { previous } = foldAttempts(viewOf(many(attributes)));
    const followed = [...previous].filter((row) => row >= 0);
    expect(followed).toHaveLength(10_000);
    expect(new Set(followed).size).toBe(10_000);
  });
});
