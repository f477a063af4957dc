import { describe, expect, test } from 'vitest';
import type { TestSpan } from '../trace/testkit.ts';
import { insightIn } from './insights.testkit.ts';

const agent = (role: string, name: string) => ({ 'ati.role': role, 'gen_ai.agent.name': name });
const tool = (resend: number) => ({
  ...{ 'ati.role': 'tool', 'gen_ai.tool.name': 'search' },
  ...(resend > 0 && { 'http.request.resend_count': resend }),
});
const call = (
  id: number,
  parent: number,
  [start, end]: readonly [number, number],
  resend = -1,
): TestSpan => ({
  ...{ id, parent, name: 'tool_call', kind: 3, start, end },
  error: resend === 0,
  attributes: tool(Math.max(0, resend)),
});

/** Ten workers, started 1 ms apart; the slots are served from the last worker to the first, and #7's call is slow. */
function fanout(slow: number, retried: number, from = 0, id = 100): TestSpan[] {
  return Array.from({ length: 10 }, (_, i) => {
    const place = i + 1;
    const start = from + 200 - 10 * place;
    const end = start + (place === slow ? 900 : 80);
    const worker: TestSpan = {
      ...{
        id: id + place,
        parent: 2,
        name: 'worker',
        start: from + i,
        end: end + (place === retried ? 150 : 0),
      },
      attributes: agent('worker', place % 2 === 0 ? 'analyst' : 'researcher'),
    };
    const first = call(id + 100 + place, worker.id, [start, end], place === retried ? 0 : -1);
    if (place !== retried) return [worker, first];
    return [worker, first, call(id + 200 + place, worker.id, [end + 70, end + 150], 1)];
  }).flat();
}
const under = (children: readonly TestSpan[]): TestSpan[] => {
  const end = Math.max(...children.map((child) => child.end));
  return [
    { id: 1, name: 'workflow', start: 0, end },
    { id: 2, parent: 1, name: 'planner', start: 0, end, attributes: agent('planner', 'planner') },
    ...children,
  ];
};

describe('where each call has its own worker, #n is the same work in every answer', () => {
  const spans = under(fanout(7, 7));
  test('the straggler, its branch, its retries', () => {
    expect(insightIn('straggler', spans)?.answer).toContain('tool_call search #7 of 10 took 900 ms');
    expect(insightIn('critical_path', spans)?.answer).toContain('waited for one, worker researcher #7:');
    expect(insightIn('retries', spans)?.answer).toContain(
      'The first failure was tool_call search #7 attempt 1',
    );
  });
  test('and the timelines: an entry starts as its worker does', () => {
    const startOf = (kind: 'straggler' | 'critical_path' | 'retries', label: RegExp) =>
      insightIn(kind, spans)
        ?.timeline.filter((each) => label.test(each.label))
        .map((each) => each.startMs);
    for (const n of [1, 2, 7, 10]) {
      expect(startOf('straggler', new RegExp(`#${n}: waited`))).toEqual([n - 1]);
      expect(startOf('critical_path', new RegExp(`^worker \\w+ #${n}$`))).toEqual([n - 1]);
    }
    expect(startOf('retries', /#7 attempt/)).toEqual([130, 1100]);
  });
});

test('a second round of workers goes on counting, and does not say "of"', () => {
  const spans = under([...fanout(0, 0), ...fanout(7, 0, 1000, 500)]);
  expect(insightIn('straggler', spans)?.answer).toContain('tool_call search #17, one of 10, took 900 ms');
  expect(insightIn('critical_path', spans)?.answer).toContain('worker researcher #17:');
});

test('calls without workers of their own are numbered themselves', () => {
  const direct = fanout(7, 0)
    .filter((span) => span.name === 'tool_call')
    .map((span) => ({ ...span, parent: 2 }));
  // The seventh worker's call was the fourth to start.
  expect(insightIn('straggler', under(direct))?.answer).toContain('#4 of 10');
});

test('a worker with two calls: their workers’ places would not tell them apart', () => {
  const spans = under([...fanout(0, 3), call(900, 103, [500, 580])]);
  expect(insightIn('retries', spans)?.answer).toContain('tool_call search #8 attempt 1');
});
