import { describe, expect, test } from 'vitest';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { buildTraceView } from './build.ts';
import { KIND } from './parents.ts';
import { hexId, TEST_TRACE, type TestSpan, viewOf } from './testkit.ts';
import { ROLES, type TraceView } from './view.ts';

const rowOf = (view: TraceView, id: number) => {
  for (let row = 0; row < view.n; row++) if (view.spanId(row) === hexId(id)) return row;
  throw new Error(`no span ${id}`);
};
const parentId = (view: TraceView, id: number) => {
  const parent = view.parent[rowOf(view, id)];
  return parent < 0 ? undefined : Number.parseInt(view.spanId(parent), 16);
};
const text = (view: TraceView, column: Int32Array, id: number) => view.strings[column[rowOf(view, id)]];
const role = (view: TraceView, id: number) => ROLES[view.role[rowOf(view, id)]];
const span = (id: number, parent: number | undefined, rest: Partial<TestSpan> = {}): TestSpan => ({
  id,
  parent,
  name: 'step',
  start: id,
  end: id + 100,
  ...rest,
});

describe('parents', () => {
  test('children stand in order of start, whatever the order of arrival', () => {
    const view = viewOf([span(5, 1), span(3, 1), span(1, undefined), span(4, 1)]);
    const ids = Array.from(view.children(rowOf(view, 1)), (row) => view.spanId(row));
    expect(ids).toEqual([hexId(3), hexId(4), hexId(5)]);
    expect(view.root).toBe(rowOf(view, 1));
  });

  test('a span whose parent is missing is an orphan and no root', () => {
    const view = viewOf([span(2, 99), span(3, 2)]);
    expect(view.root).toBe(-1);
    expect(view.orphan[rowOf(view, 2)]).toBe(1);
    expect(parentId(view, 3)).toBe(2);
  });

  test('of several roots the longest is the root', () => {
    const view = viewOf([span(1, undefined, { end: 50 }), span(2, undefined, { end: 500 }), span(3, 1)]);
    expect(view.root).toBe(rowOf(view, 2));
  });

  test('a cycle is cut at its first span', () => {
    const view = viewOf([span(1, undefined), span(2, 4), span(3, 2), span(4, 3), span(5, 4)]);
    expect([2, 3, 4, 5].map((id) => parentId(view, id))).toEqual([undefined, 2, 3, 4]);
    expect(view.orphan[rowOf(view, 2)]).toBe(1);
    expect(view.topDown).toHaveLength(5);
  });

  test('a span that names itself as its parent is an orphan', () => {
    const view = viewOf([span(1, 1)]);
    expect([view.root, view.orphan[0], view.parent[0]]).toEqual([-1, 1, -1]);
  });

  describe('Zipkin: client and server share one span id', () => {
    const view = viewOf([
      span(1, undefined, { service: 'front' }),
      span(2, 1, { kind: KIND.client, service: 'front', name: 'call' }),
      span(2, 1, { kind: KIND.server, service: 'back', name: 'serve', start: 3 }),
      span(3, 2, { service: 'back', start: 4 }),
      span(4, 2, { service: 'front', start: 4 }),
      span(6, 2, { service: 'elsewhere', start: 4 }),
    ]);
    const kindOfParent = (id: number) => view.kind[view.parent[rowOf(view, id)]];
    const server = Array.from(view.kind).indexOf(KIND.server);

    test('the server half is the child of the client half', () => {
      expect(view.kind[view.parent[server]]).toBe(KIND.client);
    });
    test('a child belongs to the half of its own service, else to the server half', () => {
      expect([3, 4, 6].map(kindOfParent)).toEqual([KIND.server, KIND.client, KIND.server]);
    });
    test('a shared root is the client', () => {
      const both = viewOf([
        span(1, undefined, { kind: KIND.server, start: 2, end: 90 }),
        span(1, undefined, { kind: KIND.client }),
      ]);
      expect([both.kind[both.root], both.n]).toEqual([KIND.client, 2]);
    });
  });

  test('a parent may start after its child (clock skew)', () => {
    const view = viewOf([span(1, undefined, { start: 50 }), span(2, 1, { start: 10 })]);
    expect(parentId(view, 2)).toBe(1);
    expect(view.start[rowOf(view, 2)]).toBe(0);
  });
});

describe('duplicates', () => {
  test('the copy that ends last stays', () => {
    const view = viewOf([
      span(1, undefined, { end: 50 }),
      span(1, undefined),
      span(1, undefined, { end: 20 }),
    ]);
    expect([view.n, view.end[0]]).toEqual([1, 100e6]);
  });
  test('another kind or start is another span', () => {
    const view = viewOf([
      span(1, undefined),
      span(1, undefined, { kind: 2 }),
      span(1, undefined, { start: 7 }),
    ]);
    expect(view.n).toBe(3);
  });
});

describe('roles', () => {
  test.each([
    [{ 'ati.role': 'stream', 'gen_ai.operation.name': 'chat' }, 'x', 'stream'],
    [{ 'ati.role': 'nonsense', 'gen_ai.operation.name': 'execute_tool' }, 'x', 'tool'],
    [{ 'gen_ai.operation.name': 'invoke_agent' }, 'tool_call', 'agent'],
    [{ 'openinference.span.kind': 'LLM' }, 'x', 'chat'],
    [{}, 'checkpoint', 'checkpoint'],
    [{}, 'GET /tool/:name', 'other'],
  ])('%j named %s is %s', (attributes, name, expected) => {
    expect(role(viewOf([span(1, 9, { name, attributes })]), 1)).toBe(expected);
  });
  test('by shape: a root that calls others is a workflow, one alone is not', () => {
    expect(role(viewOf([span(1, undefined), span(2, 1)]), 1)).toBe('workflow');
    expect(role(viewOf([span(1, undefined)]), 1)).toBe('other');
  });
});

describe('names', () => {
  test('agent: its own, else the nearest above, else the service', () => {
    const view = viewOf([
      span(1, undefined, { service: 'app' }),
      span(2, 1, { attributes: { 'gen_ai.agent.name': 'planner' } }),
      span(3, 2, { service: 'tools' }),
      span(4, 1, { service: 'tools' }),
      span(5, 1, { name: 'invoke_agent Writer', attributes: { 'gen_ai.operation.name': 'invoke_agent' } }),
    ]);
    expect([1, 2, 3, 4, 5].map((id) => text(view, view.agent, id))).toEqual([
      'app',
      'planner',
      'planner',
      'tools',
      'Writer',
    ]);
  });
  test('agent: as OpenInference names it, where GenAI does not', () => {
    const agent = { 'openinference.span.kind': 'AGENT', 'agent.name': 'critic' };
    const view = viewOf([
      span(1, undefined, { attributes: agent }),
      span(2, 1, { attributes: { ...agent, 'gen_ai.agent.name': 'writer' } }),
      span(3, 1, { attributes: { 'agent.name': 'of no agent' } }),
    ]);
    expect([1, 2, 3].map((id) => text(view, view.agent, id))).toEqual(['critic', 'writer', 'critic']);
  });
  test('callee: the tool tells calls of one name apart', () => {
    const tool = (id: number, name: string, toolName?: string) =>
      span(id, 9, {
        name,
        attributes: { 'ati.role': 'tool', ...(toolName && { 'gen_ai.tool.name': toolName }) },
      });
    const view = viewOf([
      tool(1, 'tool_call', 'search'),
      tool(2, 'execute_tool search', 'search'),
      tool(3, 'tool_call'),
    ]);
    expect([1, 2, 3].map((id) => text(view, view.callee, id))).toEqual([
      'tool_call search',
      'execute_tool search',
      'tool_call',
    ]);
  });
  test('a resource without a service', () => {
    const columns = new SpanColumns();
    const span = { traceId: TEST_TRACE, spanId: hexId(1), name: 'a' };
    skimSpans(encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }), columns);
    const view = buildTraceView(columns);
    expect(view.strings[view.service[0]]).toBe('unknown_service');
  });
});

describe('times', () => {
  const at = (start: bigint, end: bigint, id: number) => ({
    traceId: TEST_TRACE,
    spanId: hexId(id),
    startTimeUnixNano: start,
    endTimeUnixNano: end,
  });
  const viewAt = (...spans: ReturnType<typeof at>[]) => {
    const columns = new SpanColumns();
    skimSpans(encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans }] }] }), columns);
    return buildTraceView(columns);
  };
  const now = 1_790_000_000_123_456_789n;

  test('ns are exact', () => {
    const view = viewAt(at(now, now + 1n, 1), at(now + 4_294_967_295n, now + 4_294_967_297n, 2));
    expect([view.startUnixNano, view.end[0], view.start[1], view.end[1]]).toEqual([
      now,
      1,
      4_294_967_295,
      4_294_967_297,
    ]);
  });
  test('an end before the start reads as the start', () => {
    expect(viewAt(at(now, now - 5n, 1)).end[0]).toBe(0);
  });
  test('unset and far-off times do not move the others', () => {
    const year = 31_536_000_000_000_000n;
    const view = viewAt(
      at(now, now + 5n, 1),
      at(0n, now + 9n, 2),
      at(now + 2n, now + year, 3),
      at(now - year, now, 4),
    );
    const of = (id: number) => [view.start[rowOf(view, id)], view.end[rowOf(view, id)]];
    expect(view.startUnixNano).toBe(now);
    expect(of(1)).toEqual([0, 5]);
    expect(of(2)).toEqual([0, 9]);
    expect(of(4)).toEqual([0, 0]);
    expect(Number.isSafeInteger(of(3)[1])).toBe(true);
  });
  test('every time unset, and the greatest there is', () => {
    expect(viewAt(at(0n, 0n, 1), at(0n, 2n ** 64n - 1n, 2)).n).toBe(2);
  });
});

test('links to spans of the same trace only', () => {
  const columns = new SpanColumns();
  const links = [
    { traceId: TEST_TRACE, spanId: hexId(7) },
    { traceId: 'f'.repeat(32), spanId: hexId(8) },
  ];
  const spans = [{ traceId: TEST_TRACE, spanId: hexId(1), links }];
  skimSpans(encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans }] }] }), columns);
  expect(buildTraceView(columns).links(0)).toEqual([hexId(7)]);
});
