import { ROLE } from '#processors/trace/roles.ts';
import { ROLES, type TraceView } from '#processors/trace/view.ts';
import type { GraphEdge, GraphNode } from '#schemas/events.ts';
import type { CriticalPath } from './critical-path.ts';
import { normalise } from './normalise.ts';

/** A graph that a person can read and a summary can carry; nodes past it are merged. */
const MOST_NODES = 200;

/** Spans that claim to last for weeks must not sum past what a record can say. */
const MOST_NS = 2 ** 53 - 2;

export interface TraceGraph {
  readonly nodes: GraphNode[];
  readonly edges: GraphEdge[];
}

/**
 * Rows by (role, service, agent, operation), numbered in order of first appearance; `of` is each row's number.
 * `agents` maps each string to the agent it counts as.
 */
function group(view: TraceView, agents: Int32Array): { of: Int32Array; firsts: number[] } {
  const numbers = new Map<string, number>();
  const firsts: number[] = [];
  const of = new Int32Array(view.n);
  for (let row = 0; row < view.n; row++) {
    const agent = agents[view.agent[row]];
    const key = `${view.role[row]} ${view.service[row]} ${agent} ${view.operation[row]}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = firsts.length;
      numbers.set(key, number);
      firsts.push(row);
    }
    of[row] = number;
  }
  return { of, firsts };
}

/** For each text the index of its first occurrence. */
function firstIndexes(texts: readonly string[]): Int32Array {
  const firsts = new Map<string, number>();
  return Int32Array.from(texts, (text, index) => {
    if (!firsts.has(text)) firsts.set(text, index);
    return firsts.get(text)!;
  });
}

/**
 * The trace as a graph of its operations: who called whom, how often, with what errors, and which nodes own the
 * critical path. Beyond `mostNodes` agents are told apart without their numbers, and then the nodes with the least
 * time become one.
 */
export function traceGraph(view: TraceView, path: CriticalPath, mostNodes = MOST_NODES): TraceGraph {
  let name = (agent: string) => agent;
  let { of, firsts } = group(view, Int32Array.from(view.strings.keys()));
  if (firsts.length > mostNodes) {
    name = normalise;
    const normal = view.strings.map(normalise);
    ({ of, firsts } = group(view, firstIndexes(normal)));
  }
  const nodes = firsts.map(
    (row, id): GraphNode => ({
      id,
      role: ROLES[view.role[row]],
      service: view.strings[view.service[row]],
      agent: name(view.strings[view.agent[row]]),
      operation: view.strings[view.operation[row]],
      count: 0,
      errors: 0,
      totalNs: 0,
      pathNs: 0,
    }),
  );
  for (let row = 0; row < view.n; row++) {
    const node = nodes[of[row]];
    node.count++;
    if (view.status[row] === 2) node.errors++;
    node.totalNs = Math.min(node.totalNs + view.end[row] - view.start[row], MOST_NS);
  }
  for (let i = 0; i < path.n; i++) nodes[of[path.row[i]]].pathNs += path.end[i] - path.start[i];
  const bounded = bound(nodes, mostNodes);
  return { nodes: bounded.nodes, edges: edges(view, (row) => bounded.idOf[of[row]]) };
}

function bound(nodes: GraphNode[], most: number): { nodes: GraphNode[]; idOf: Int32Array } {
  const idOf = Int32Array.from(nodes, (node) => node.id);
  if (nodes.length <= most) return { nodes, idOf };
  const weight = (a: GraphNode, b: GraphNode) => b.pathNs - a.pathNs || b.totalNs - a.totalNs || a.id - b.id;
  const ranked = [...nodes].sort(weight);
  const kept = ranked.slice(0, most - 1).sort((a, b) => a.id - b.id);
  const other: GraphNode = {
    id: kept.length,
    role: ROLES[ROLE.other],
    service: '',
    agent: '',
    operation: 'other',
    count: 0,
    errors: 0,
    totalNs: 0,
    pathNs: 0,
  };
  for (const node of ranked.slice(most - 1)) {
    idOf[node.id] = other.id;
    other.count += node.count;
    other.errors += node.errors;
    other.totalNs = Math.min(other.totalNs + node.totalNs, MOST_NS);
    other.pathNs += node.pathNs;
  }
  kept.forEach((node, id) => {
    idOf[node.id] = id;
  });
  return { nodes: [...kept.map((node, id) => ({ ...node, id })), other], idOf };
}

/** Calls (parent to child) and links (a linked span to the one that names it), sorted by from, to, type. */
function edges(view: TraceView, node: (row: number) => number): GraphEdge[] {
  const found = new Map<string, GraphEdge>();
  const add = (from: number, to: number, type: GraphEdge['type']) => {
    const key = `${from} ${to} ${type}`;
    const edge = found.get(key);
    if (edge) edge.count++;
    else found.set(key, { from, to, count: 1, type });
  };
  let rowOf: Map<string, number> | undefined;
  for (let row = 0; row < view.n; row++) {
    if (view.parent[row] >= 0) add(node(view.parent[row]), node(row), 'child');
    for (const id of view.links(row)) {
      rowOf ??= rowsBySpanId(view);
      const linked = rowOf.get(id);
      if (linked !== undefined) add(node(linked), node(row), 'link');
    }
  }
  return [...found.values()].sort((a, b) => a.from - b.from || a.to - b.to || (a.type < b.type ? -1 : 1));
}

/** The first row of each id. */
function rowsBySpanId(view: TraceView): Map<string, number> {
  const rows = new Map<string, number>();
  for (let row = view.n - 1; row >= 0; row--) rows.set(view.spanId(row), row);
  return rows;
}
