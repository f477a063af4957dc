import { describe, expect, test } from 'vitest';
import type { GraphEdge, GraphNode } from '#schemas/events.ts';
import { encodeTraces, type OtlpSpan } from '#schemas/otlp/write.ts';
import { treeOf } from './graph-tree.ts';
import { analyseFiles } from './testing.ts';

const node = (id: number, given: Partial<GraphNode> = {}): GraphNode => ({
  ...{ id, role: 'other', service: 'shop', agent: 'shop', operation: `op ${id}` },
  ...{ count: 1, errors: 0, totalNs: 100 - id, pathNs: 0 },
  ...given,
});
const edge = (from: number, to: number, type: GraphEdge['type'] = 'child'): GraphEdge => ({
  from,
  to,
  count: 1,
  type,
});
/** `depth id`, with `↑` where it stands in full elsewhere. */
const shape = (nodes: readonly GraphNode[], edges: readonly GraphEdge[]) =>
  treeOf({ nodes, edges }).map((row) => `${row.depth} ${row.node.id}${row.again ? '↑' : ''}`);

describe('the graph as a tree', () => {
  test('what owns the path comes first, below what calls it', () => {
    const nodes = [node(0), node(1), node(2, { pathNs: 5 }), node(3)];
    expect(shape(nodes, [edge(0, 1), edge(0, 2), edge(1, 3)])).toEqual(['0 0', '1 2', '1 1', '2 3']);
  });

  test('what several call stands in full once', () => {
    const nodes = [node(0), node(1), node(2), node(3), node(4)];
    expect(shape(nodes, [edge(0, 1), edge(0, 2), edge(1, 3), edge(2, 3), edge(3, 4)])).toEqual([
      ...['0 0', '1 1', '2 3', '3 4', '1 2', '2 3↑'],
    ]);
  });

  test('cycles end, and every operation is there', () => {
    expect(shape([node(0), node(1)], [edge(0, 0), edge(0, 1), edge(1, 0)])).toEqual([
      '0 0',
      '1 0↑',
      '1 1',
      '2 0↑',
    ]);
    expect(shape([node(0), node(1), node(2)], [edge(1, 2), edge(2, 1)])).toEqual([
      '0 0',
      '0 1',
      '1 2',
      '2 1↑',
    ]);
  });

  test('a link is shown, but what someone calls stands below its caller', () => {
    const nodes = [node(0), node(1), node(2)];
    expect(shape(nodes, [edge(0, 1, 'link')])).toEqual(['0 0', '1 1', '0 2']);
    expect(shape(nodes, [edge(0, 2, 'link'), edge(0, 1), edge(1, 2)])).toEqual(['0 0', '1 1', '2 2', '1 2↑']);
  });
});

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const T = 1_790_000_000_000_000_000n;
const id = (n: number) => n.toString(16).padStart(16, '0');
const span = (n: number, parent: number, name: string, from: number, to: number): OtlpSpan => ({
  ...{ traceId: TRACE, spanId: id(n), name },
  ...(parent === 0 ? {} : { parentSpanId: id(parent) }),
  ...{ startTimeUnixNano: T + BigInt(from) * 1_000_000n, endTimeUnixNano: T + BigInt(to) * 1_000_000n },
});
const file = (spans: readonly OtlpSpan[]) =>
  encodeTraces({
    resourceSpans: [{ resource: { attributes: { 'service.name': 'shop' } }, scopeSpans: [{ spans }] }],
  });

test('ten thousand spans stay readable', () => {
  const calls = Array.from({ length: 9_999 }, (_, i) => span(i + 2, 1, `search ${i}`, i, i + 1));
  const { lines, report } = analyseFiles(file([span(1, 0, 'workflow', 0, 9_999), ...calls]));
  expect(report.traces[0].summary.spanCount).toBe(10_000);
  const text = lines();
  expect(text.length).toBeLessThan(60);
  expect(text.join('\n')).toContain('search * × 9,999');
});

test('a thousand levels and a thousand operations stay readable, and what is left out is counted', () => {
  const letters = (n: number) =>
    String.fromCharCode(97 + (n % 26), 97 + (Math.floor(n / 26) % 26), 97 + Math.floor(n / 676));
  const deep = Array.from({ length: 1_000 }, (_, i) => span(i + 1, i, `step ${letters(i)}`, i, 3_000 - i));
  const { lines } = analyseFiles(file(deep));
  const text = lines();
  expect(text.length).toBeLessThan(110);
  expect(text.filter((line) => /… \d+ operations more/.test(line))).toHaveLength(1);
  for (const line of text) expect(line.length).toBeLessThan(140);
});
