import { expect, test } from 'vitest';
import { pathLines } from './path.ts';
import { closedTrace, view } from './testing.ts';
import type { ClosedTrace } from './view.ts';
import { operationLabel } from './waiting.ts';

type Node = ClosedTrace['nodes'][number];
const node = (id: number, role: string, count: number, errors = 0): Node => ({
  ...{ id, role, service: 'agents', agent: role, operation: role, count, errors, totalNs: 0, pathNs: 0 },
});
const edge = (from: number, to: number, count: number) => ({ from, to, count, type: 'child' });
const share = { operation: 'worker', service: 'agents', role: 'worker', type: 'self' };
const label = (nodes: Node[], edges: ReturnType<typeof edge>[], given = {}) =>
  operationLabel({ ...share, where: 'agents', spans: 1, ns: 1, ...given }, { nodes, edges });

const fanout = [node(0, 'planner', 1), node(1, 'worker', 100), node(2, 'tool', 100)];
const fans = [edge(0, 1, 100), edge(1, 2, 100)];

test('workers side by side with calls beneath them wait for a slot', () => {
  expect(label(fanout, fans)).toBe('worker: waiting for a slot');
});
test('and for the back-off, where calls failed and are more than the workers', () => {
  const calls = [edge(0, 1, 100), edge(1, 2, 115)];
  expect(label([...fanout.slice(0, 2), node(2, 'tool', 115, 15)], calls)).toBe(
    'worker: waiting for a slot, back-off',
  );
  // A call that failed and was left at that; two calls each, of which none failed.
  expect(label([...fanout.slice(0, 2), node(2, 'tool', 100, 15)], fans)).toBe('worker: waiting for a slot');
  expect(label([...fanout.slice(0, 2), node(2, 'tool', 200)], [fans[0], edge(1, 2, 200)])).toBe(
    'worker: waiting for a slot',
  );
});
test.each<[string, string, Node[], ReturnType<typeof edge>[], object]>([
  [
    'one worker',
    'worker (waiting, own work)',
    [node(1, 'worker', 1), ...fanout],
    [edge(0, 1, 1), edge(1, 2, 9)],
    {},
  ],
  ['a chain of workers', 'worker (waiting, own work)', fanout, [edge(1, 1, 99), edge(1, 2, 100)], {}],
  ['an unknown graph', 'worker (waiting, own work)', [], [], {}],
  ['workers of another service', 'worker (waiting, own work)', fanout, fans, { service: 'other' }],
  ['no calls beneath: they work', 'worker', fanout, [fans[0]], {}],
  ['the network', 'worker', fanout, fans, { type: 'edge' }],
  ['another role', 'planner', fanout, fans, { role: 'planner', operation: 'planner' }],
])('%s: %s', (_, expected, nodes, edges, given) => {
  expect(label(nodes, edges, given)).toBe(expected);
});

test('the critical path says so', () => {
  const [segment] = closedTrace().criticalPath;
  const trace = closedTrace({ criticalPath: [{ ...segment, role: 'worker' }], nodes: fanout, edges: fans });
  expect(pathLines(trace, view())[1]).toMatch(/^ {2}worker: waiting for a slot {2}agents {2}400 ms /);
});
