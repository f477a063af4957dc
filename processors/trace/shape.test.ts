import { describe, expect, test } from 'vitest';
import { KIND } from './parents.ts';
import { type TestSpan, viewOf } from './testkit.ts';
import { ROLES } from './view.ts';

let next = 0;
const span = (id: number, parent: number | undefined, name: string, rest: Partial<TestSpan> = {}) => {
  next++;
  return { id, parent, name, start: next, end: next + 100, ...rest };
};
const roles = (spans: readonly TestSpan[], id: number) => {
  const view = viewOf(spans);
  for (let row = 0; row < view.n; row++)
    if (Number.parseInt(view.spanId(row), 16) === id) return ROLES[view.role[row]];
  return undefined;
};
const root = () => span(1, undefined, 'GET /answer');
const thinksAndActs = (id: number) => [
  span(id * 10, id, 'chat gpt'),
  span(id * 10 + 1, id, 'execute_tool search'),
];

describe('an agent by shape', () => {
  test('has chat and tool calls of its own', () => {
    expect(roles([root(), span(2, 1, 'research'), ...thinksAndActs(2)], 2)).toBe('agent');
  });
  test('may be a server, and may call another', () => {
    const spans = [
      root(),
      span(2, 1, 'research', { kind: KIND.server }),
      ...thinksAndActs(2),
      span(3, 2, 'POST', { kind: KIND.client }),
      span(4, 3, 'summarise', { kind: KIND.server }),
      ...thinksAndActs(4),
    ];
    expect([2, 3, 4].map((id) => roles(spans, id))).toEqual(['agent', 'other', 'agent']);
  });
});

describe('no agent by shape', () => {
  const [chat, tool] = [span(20, 2, 'chat'), span(21, 2, 'tool_call')];
  test.each<[string, TestSpan[]]>([
    ['calls tools only', [span(2, 1, 'batch'), tool, span(22, 2, 'tool_call')]],
    ['calls a model only', [span(2, 1, 'summary'), chat]],
    ['calls agents only', [span(2, 1, 'dispatch'), span(20, 2, 'agent'), span(21, 2, 'agent')]],
    ['has them further below', [span(2, 1, 'handler'), span(3, 2, 'inner'), ...thinksAndActs(3)]],
    ['is a request on the wire', [span(2, 1, 'POST', { kind: KIND.client }), chat, tool]],
    ['calls nothing', [span(2, 1, 'step')]],
  ])('%s', (_, spans) => {
    expect(roles([root(), ...spans], 2)).toBe('other');
  });
  test('is a part of an agent that says it is one, at any depth', () => {
    const spans = [
      root(),
      span(5, 1, 'invoke_agent X'),
      span(6, 5, 'loop'),
      span(2, 6, 'turn'),
      ...thinksAndActs(2),
    ];
    expect([5, 6, 2].map((id) => roles(spans, id))).toEqual(['agent', 'other', 'other']);
  });
  test('states another role', () => {
    const spans = [root(), span(2, 1, 'x', { attributes: { 'openinference.span.kind': 'CHAIN' } })];
    expect(roles([...spans, ...thinksAndActs(2)], 2)).toBe('workflow');
  });
});

describe('a workflow by shape', () => {
  test('is the root that calls others, whatever these are', () => {
    expect(roles([root(), span(2, 1, 'step')], 1)).toBe('workflow');
    expect(roles([root(), ...thinksAndActs(1)], 1)).toBe('workflow');
  });
  test('is no root alone, and nothing in a trace without one', () => {
    expect(roles([root()], 1)).toBe('other');
    expect(roles([span(2, 99, 'part'), span(3, 2, 'step')], 2)).toBe('other');
  });
});
