import type { GraphEdge, GraphNode } from '#schemas/events.ts';
import { int32s, sortFew } from './arrays.ts';
import type { CriticalPath } from './critical-path.ts';
import { normalise } from './normalise.ts';
import { ROLE } from './roles.ts';
import { keptInt32s } from './scratch.ts';
import { Tuples } from './tuples.ts';
import { ROLES, type TraceView } from './view.ts';

/** A graph that a person can read and a summary can carry; nodes past it are merged. */
const MOST_NODES = 200;

/** Spans that claim to last for weeks must not sum past what a record can say. */
const MOST_NS = 2 ** 53 - 2;

export interface TraceGraph {
  readonly nodes: GraphNode[];
  readonly edges: GraphEdge[];
}

const nodeTuples = new Tuples();
const edgeTuples = new Tuples();
const keptOf = keptInt32s();

/**
 * Rows by (role, service, agent, operation), numbered in order of first appearance; `of` is each row's number.
 * `agents` maps each string to the agent it counts as; undefined: itself.
 */
function group(view: TraceView, agents?: Int32Array): { of: Int32Array; firsts: number[] } {
  nodeTuples.clear();
  const firsts: number[] = [];
  const of = keptOf(view.n);
  for (let row = 0; row < view.n; row++) {
    const agent = agents === undefined ? view.agent[row] : agents[view.agent[row]];
    of[row] = nodeTuples.add(view.role[row], view.service[row], agent, view.operation[row]);
    if (of[row] === firsts.length) firsts.push(row);
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
  let { of, firsts } = group(view);
  const tooMany = firsts.length > mostNodes;
  if (tooMany) ({ of, firsts } = group(view, firstIndexes(view.strings.map(normalise))));
  const nodes: GraphNode[] = [];
  for (let id = 0; id < firsts.length; id++) {
    const row = firsts[id];
    const agent = view.strings[view.agent[row]];
    nodes.push({
      id,
      role: ROLES[view.role[row]],
      service: view.strings[view.service[row]],
      agent: tooMany ? normalise(agent) : agent,
      operation: view.strings[view.operation[row]],
      count: 0,
      errors: 0,
      totalNs: 0,
      pathNs: 0,
    });
  }
  for (let row = 0; row < view.n; row++) {
    const node = nodes[of[row]];
    node.count++;
    if (view.status[row] === 2) node.errors++;
    node.totalNs = Math.min(node.totalNs + view.end[row] - view.start[row], MOST_NS);
  }
  for (let i = 0; i < path.n; i++) nodes[of[path.row[i]]].pathNs += path.end[i] - path.start[i];
  if (nodes.length <= mostNodes) return { nodes, edges: edges(view, of) };
  const bounded = bound(nodes, mostNodes);
  for (let row = 0; row < view.n; row++) of[row] = bounded.idOf[of[row]];
  return { nodes: bounded.nodes, edges: edges(view, of) };
}

/** The nodes with the least time become one. */
function bound(nodes: GraphNode[], most: number): { nodes: GraphNode[]; idOf: Int32Array } {
  const idOf = int32s(nodes.length);
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

function count(edges: GraphEdge[], from: number, to: number, type: GraphEdge['type']): void {
  const number = edgeTuples.add(from, to, type === 'link' ? 1 : 0);
  if (number === edges.length) edges.push({ from, to, count: 1, type });
  else edges[number].count++;
}

/** Calls (parent to child) and links (a linked span to the one that names it), sorted by from, to, type; `of`: nodes. */
function edges(view: TraceView, of: Int32Array): GraphEdge[] {
  const found: GraphEdge[] = [];
  let rowOf: Map<string, number> | undefined;
  edgeTuples.clear();
  for (let row = 0; row < view.n; row++) {
    const parent = view.parent[row];
    if (parent >= 0) count(found, of[parent], of[row], 'child');
    const links = view.links(row);
    for (let i = 0; i < links.length; i++) {
      rowOf ??= rowsBySpanId(view);
      const linked = rowOf.get(links[i]);
      if (linked !== undefined) count(found, of[linked], of[row], 'link');
    }
  }
  return sortFew(found, (a, b) => a.from - b.from || a.to - b.to || (a.type < b.type ? -1 : 1));
}

/** The first row of each id. */
function rowsBySpanId(view: TraceView): Map<string, number> {
  const rows = new Map<string, number>();
  for (let row = view.n - 1; row >= 0; row--) rows.set(view.spanId(row), row);
  return rows;
}
