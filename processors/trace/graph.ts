import type { Words } from '#schemas/avro/words.ts';
import { beginItems, endOfArray, int } from '#schemas/avro/writer.ts';
import { EDGE_TYPES, graphEdge, nodeNames, nodeNumbers } from '#schemas/write-summary.ts';
import { int32s, sortRows } from './arrays.ts';
import type { CriticalPath } from './critical-path.ts';
import { normalise } from './normalise.ts';
import { ROLE } from './roles.ts';
import { keptFloat64s, keptInt32s } from './scratch.ts';
import { Tuples } from './tuples.ts';
import type { TraceView } from './view.ts';

/** A graph that a person can read and a summary can carry; nodes past it are merged. */
const MOST_NODES = 200;

/** Spans that claim to last for weeks must not sum past what a record can say. */
const MOST_NS = 2 ** 53 - 2;

/** Of (role, service, agent, operation): the nodes; of (from, to, type): the edges. */
const nodeTuples = new Tuples();
const edgeTuples = new Tuples();
const keptOf = keptInt32s();
const keptCounts = keptInt32s();
const keptErrors = keptInt32s();
const keptTotals = keptFloat64s();
const keptPaths = keptFloat64s();
const keptOrder = keptInt32s();
const keptEdgeOrder = keptInt32s();
const keptKeys = keptFloat64s();
const keptEdgeCounts = keptInt32s();

/** What the spans of each node add up to, by its number. */
interface Sums {
  readonly count: Int32Array;
  readonly errors: Int32Array;
  readonly totalNs: Float64Array;
  /** Exclusive time on the critical path. */
  readonly pathNs: Float64Array;
}

/**
 * Rows by (role, service, agent, operation), numbered in order of first appearance, into `of`. `agents` maps each string
 * to the agent it counts as; undefined: itself.
 */
function group(view: TraceView, of: Int32Array, agents?: Int32Array): void {
  nodeTuples.clear();
  for (let row = 0; row < view.n; row++) {
    const agent = agents === undefined ? view.agent[row] : agents[view.agent[row]];
    of[row] = nodeTuples.add(view.role[row], view.service[row], agent, view.operation[row]);
  }
}

/** For each text the index of its first occurrence. */
function firstIndexes(texts: readonly string[]): Int32Array {
  const firsts = new Map<string, number>();
  return Int32Array.from(texts, (text, index) => {
    if (!firsts.has(text)) firsts.set(text, index);
    return firsts.get(text)!;
  });
}

function sumsOf(view: TraceView, path: CriticalPath, of: Int32Array, nodes: number): Sums {
  const count = keptCounts(nodes);
  const errors = keptErrors(nodes);
  const totalNs = keptTotals(nodes);
  const pathNs = keptPaths(nodes);
  for (let node = 0; node < nodes; node++) {
    count[node] = 0;
    errors[node] = 0;
    totalNs[node] = 0;
    pathNs[node] = 0;
  }
  for (let row = 0; row < view.n; row++) {
    const node = of[row];
    count[node]++;
    if (view.status[row] === 2) errors[node]++;
    totalNs[node] = Math.min(totalNs[node] + view.end[row] - view.start[row], MOST_NS);
  }
  for (let i = 0; i < path.n; i++) pathNs[of[path.row[i]]] += path.end[i] - path.start[i];
  return { count, errors, totalNs, pathNs };
}

/**
 * Writes the trace as a graph of its operations, its nodes and then its edges: who called whom, how often, with what
 * errors, and which nodes own the critical path. Beyond `mostNodes` agents are told apart without their numbers, and then
 * the nodes with the least time become one.
 */
export function writeGraph(view: TraceView, path: CriticalPath, words: Words, mostNodes = MOST_NODES): void {
  const of = keptOf(view.n);
  group(view, of);
  let agents: string[] | undefined;
  if (nodeTuples.count > mostNodes) {
    agents = view.strings.map(normalise);
    group(view, of, firstIndexes(agents));
  }
  const nodes = nodeTuples.count;
  const sums = sumsOf(view, path, of, nodes);
  beginItems(Math.min(nodes, mostNodes));
  if (nodes <= mostNodes) for (let node = 0; node < nodes; node++) writeNode(node, node, sums, words, agents);
  else {
    const idOf = writeBounded(nodes, sums, words, agents, mostNodes);
    for (let row = 0; row < view.n; row++) of[row] = idOf[of[row]];
  }
  endOfArray();
  writeEdges(view, of);
}

function writeNode(node: number, id: number, sums: Sums, words: Words, agents: string[] | undefined): void {
  const agent = nodeTuples.item(node, 2);
  int(id);
  nodeNames(
    words,
    words.fixed(nodeTuples.item(node, 0)),
    nodeTuples.item(node, 1),
    agents === undefined ? agent : words.also(agents[agent]),
    nodeTuples.item(node, 3),
  );
  nodeNumbers(sums.count[node], sums.errors[node], sums.totalNs[node], sums.pathNs[node]);
}

/** The nodes with the least time become one; returns the id of each node. */
function writeBounded(
  nodes: number,
  sums: Sums,
  words: Words,
  agents: string[] | undefined,
  most: number,
): Int32Array {
  const { count, errors, totalNs, pathNs } = sums;
  const ranked = keptOrder(nodes);
  for (let node = 0; node < nodes; node++) ranked[node] = node;
  sortRows(ranked, nodes, (a, b) => pathNs[b] - pathNs[a] || totalNs[b] - totalNs[a] || a - b);
  const other = most - 1;
  const idOf = int32s(nodes).fill(other);
  ranked.subarray(0, other).sort();
  for (let id = 0; id < other; id++) {
    idOf[ranked[id]] = id;
    writeNode(ranked[id], id, sums, words, agents);
  }
  const rest = { count: 0, errors: 0, totalNs: 0, pathNs: 0 };
  for (let i = other; i < nodes; i++) {
    const node = ranked[i];
    rest.count += count[node];
    rest.errors += errors[node];
    rest.totalNs = Math.min(rest.totalNs + totalNs[node], MOST_NS);
    rest.pathNs += pathNs[node];
  }
  int(other);
  nodeNames(words, words.fixed(ROLE.other), 0, 0, words.also('other'));
  nodeNumbers(rest.count, rest.errors, rest.totalNs, rest.pathNs);
  return idOf;
}

const CHILD = EDGE_TYPES.indexOf('child');
const LINK = EDGE_TYPES.indexOf('link');

/** By edge how often it was met; longer than the edges so far. */
let edgeCounts = keptEdgeCounts(0);

function count(from: number, to: number, type: number): void {
  const known = edgeTuples.count;
  const number = edgeTuples.add(from, to, type);
  if (number < known) {
    edgeCounts[number]++;
    return;
  }
  if (number === edgeCounts.length) {
    const longer = keptEdgeCounts(number * 2);
    longer.set(edgeCounts);
    edgeCounts = longer;
  }
  edgeCounts[number] = 1;
}

/** Calls (parent to child) and links (a linked span to the one that names it), sorted by from, to, type; `of`: nodes. */
function writeEdges(view: TraceView, of: Int32Array): void {
  let rowOf: Map<string, number> | undefined;
  edgeTuples.clear();
  edgeCounts = keptEdgeCounts(0);
  for (let row = 0; row < view.n; row++) {
    const parent = view.parent[row];
    if (parent >= 0) count(of[parent], of[row], CHILD);
    const links = view.links(row);
    for (let i = 0; i < links.length; i++) {
      rowOf ??= rowsBySpanId(view);
      const linked = rowOf.get(links[i]);
      if (linked !== undefined) count(of[linked], of[row], LINK);
    }
  }
  const edges = edgeTuples.count;
  const order = inOrder(edges);
  beginItems(edges);
  for (let i = 0; i < edges; i++) {
    const edge = order[i];
    graphEdge(edgeTuples.item(edge, 0), edgeTuples.item(edge, 1), edgeCounts[edge], edgeTuples.item(edge, 2));
  }
  endOfArray();
}

/** More than there are types, and nodes. */
const TYPES = 2;
const NODES = 2 ** 24;

/** By from, to, type, of which no two edges have the same. */
function inOrder(edges: number): Int32Array {
  const order = keptEdgeOrder(edges);
  const keys = keptKeys(edges);
  for (let edge = 0; edge < edges; edge++) {
    const [from, to, type] = [edgeTuples.item(edge, 0), edgeTuples.item(edge, 1), edgeTuples.item(edge, 2)];
    order[edge] = edge;
    keys[edge] = (from * NODES + to) * TYPES + type;
  }
  return sortRows(order, edges, (a, b) => keys[a] - keys[b]);
}

/** The first row of each id. */
function rowsBySpanId(view: TraceView): Map<string, number> {
  const rows = new Map<string, number>();
  for (let row = view.n - 1; row >= 0; row--) rows.set(view.spanId(row), row);
  return rows;
}
