import { describe, expect, test } from 'vitest';
import { criticalPath } from './critical-path.ts';
import { traceGraph } from './lists.testkit.ts';
import { type TestSpan, viewOf } from './testkit.ts';

const graphOf = (spans: readonly TestSpan[], most?: number) => {
  const view = viewOf(spans);
  return traceGraph(view, criticalPath(view), most);
};
const workers = (count: number, agent: (i: number) => string): TestSpan[] => [
  { id: 1, name: 'workflow', start: 0, end: 1000 },
  ...Array.from({ length: count }, (_, i) => ({
    id: i + 2,
    parent: 1,
    name: 'worker',
    start: i,
    end: i + 10,
    error: i === 0,
    attributes: { 'gen_ai.agent.name': agent(i) },
  })),
];

test('one node for each role, service, agent and operation; calls are counted', () => {
  const { nodes, edges } = graphOf(workers(5, () => 'w'));
  expect(
    nodes.map(({ id, role, agent, operation, count, errors }) => [id, role, agent, operation, count, errors]),
  ).toEqual([
    [0, 'workflow', 'app', 'workflow', 1, 0],
    [1, 'worker', 'w', 'worker', 5, 1],
  ]);
  expect(edges).toEqual([{ from: 0, to: 1, count: 5, type: 'child' }]);
});

test("the nodes share the root's duration on the path", () => {
  const { nodes } = graphOf(workers(5, () => 'w'));
  expect(nodes.reduce((sum, node) => sum + node.pathNs, 0)).toBe(1000e6);
});

test('agents with numbers are told apart while there is room', () => {
  expect(graphOf(workers(5, (i) => `w-${i}`)).nodes).toHaveLength(6);
  const merged = graphOf(
    workers(5, (i) => `w-${i}`),
    4,
  ).nodes;
  expect(merged.map((node) => [node.agent, node.count])).toEqual([
    ['app', 1],
    ['w-*', 5],
  ]);
});

describe('beyond the limit', () => {
  const letters = (i: number) => `w-${String.fromCharCode(97 + i)}`;
  test('the nodes with the least time become one, and nothing is lost', () => {
    const { nodes, edges } = graphOf(workers(10, letters), 4);
    expect(nodes.map((node) => node.id)).toEqual([0, 1, 2, 3]);
    expect(nodes[3]).toMatchObject({ operation: 'other', count: 8 });
    expect(nodes.reduce((sum, node) => sum + node.count, 0)).toBe(11);
    expect(edges.reduce((sum, edge) => sum + edge.count, 0)).toBe(10);
    for (const edge of edges) expect(nodes[edge.to]).toBeDefined();
  });
  test('10,000 operations fit', () => {
    const spans = Array.from(
      { length: 10_000 },
      (_, i): TestSpan => ({
        id: i + 1,
        parent: i === 0 ? undefined : 1,
        name: `op ${letters(i)}`,
        start: 0,
        end: 10,
      }),
    );
    expect(graphOf(spans).nodes).toHaveLength(200);
  });
});

test('links are edges of their own kind', () => {
  const { edges } = graphOf([
    { id: 1, name: 'send', start: 0, end: 10 },
    { id: 2, parent: 1, name: 'consume', start: 5, end: 10, links: [1, 77] },
  ]);
  expect(edges).toEqual([
    { from: 0, to: 1, count: 1, type: 'child' },
    { from: 0, to: 1, count: 1, type: 'link' },
  ]);
});
