/** From the columns of one trace, in any order and with duplicates, to its view. */

import { ATTRIBUTES_OF, findAttribute, spanLinks } from '#schemas/otlp/attributes.ts';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import type { Located } from '#schemas/otlp/key-set.ts';
import { hex } from '#schemas/otlp/wire.ts';
import { int32s, uint8s, uint32s } from './arrays.ts';
import { type Described, describeSpans, locateAttributes, SPAN_KEYS } from './describe.ts';
import { buildTree, type Tree } from './parents.ts';
import { distinctRows, idWords } from './rows.ts';
import { rolesByShape } from './shape.ts';
import { clockShifts } from './skew.ts';
import { movedTimes, type RelativeTimes, relativeTimes } from './times.ts';
import type { TraceView } from './view.ts';

function pick<A extends Uint8Array | Uint32Array>(from: A, rows: Int32Array, width: number, into: A): A {
  for (let i = 0; i < rows.length; i++)
    for (let k = 0; k < width; k++) into[i * width + k] = from[rows[i] * width + k];
  return into;
}

/** The nearest agent's name at or above each row; where nobody names one, the service's. */
function inheritAgents(d: Described, tree: Tree): Int32Array {
  const named = int32s(d.ownAgent.length);
  named.set(d.ownAgent);
  for (const row of tree.topDown)
    if (named[row] === 0 && tree.parent[row] >= 0) named[row] = named[tree.parent[row]];
  for (let row = 0; row < named.length; row++) if (named[row] === 0) named[row] = d.service[row];
  return named;
}

/**
 * The longest span without a parent; the first of equals; -1 in a trace without one. What links to another span of the
 * trace was caused by that one (a batch consumer): it is the root only where nothing else can be.
 */
function findRoot(tree: Tree, { start, end }: RelativeTimes, isLinked: (row: number) => boolean): number {
  const roots: number[] = [];
  for (let row = 0; row < start.length; row++)
    if (tree.parent[row] < 0 && tree.orphan[row] === 0) roots.push(row);
  const first = roots.length > 1 ? roots.filter((row) => !isLinked(row)) : [];
  const longest = (a: number, b: number) => (end[b] - start[b] > end[a] - start[a] ? b : a);
  return (first.length > 0 ? first : roots).reduce((a, b) => (a < 0 ? b : longest(a, b)), -1);
}

const CHILDLESS = int32s(0);

/** Each row's children, looked up as often as wanted, cut out once; most rows have none. */
function childrenIn({ offset, children }: Tree): TraceView['children'] {
  const known: Int32Array[] = [];
  return (row) => {
    if (offset[row] === offset[row + 1]) return CHILDLESS;
    known[row] ??= children.subarray(offset[row], offset[row + 1]);
    return known[row];
  };
}

const NO_LINKS: readonly string[] = [];

function linksOf(c: SpanColumns, located: Located, row: number): readonly string[] {
  if (!SPAN_KEYS.mayLink(located, row)) return NO_LINKS;
  const links = spanLinks(c.buffers[c.buffer[row]], c.spanOffset[row], c.spanLength[row]);
  if (links.length === 0) return [];
  const traceId = Buffer.from(c.traceId.subarray(row * 16, row * 16 + 16)).toString('hex');
  return links.filter((link) => link.traceId === traceId).map((link) => link.spanId);
}

/** What the rows are and how they hang together. */
interface Parts {
  readonly rows: Int32Array;
  readonly times: RelativeTimes;
  readonly described: Described;
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  readonly tree: Tree;
}

function partsOf(c: SpanColumns, rows: Int32Array, times: RelativeTimes, located: Located): Parts {
  const n = rows.length;
  const described = describeSpans(c, rows, located);
  const ids = pick(idWords(c.spanId, c.n), rows, 2, uint32s(n * 2));
  const parentIds = pick(idWords(c.parentId, c.n), rows, 2, uint32s(n * 2));
  const kind = pick(c.kind, rows, 1, uint8s(n));
  const status = pick(c.status, rows, 1, uint8s(n));
  const { start, end } = times;
  const tree = buildTree({ n, ids, parentIds, kind, service: described.service, start, end });
  return { rows, times, described, kind, status, tree };
}

/** With the clocks of all services brought together (skew.ts), and the rows in order of start again. */
function inOneTime(c: SpanColumns, parts: Parts, located: Located): Parts {
  const { rows, times, described, kind, status, tree } = parts;
  const { service, instance } = described;
  const shift = clockShifts({ ...times, ...tree, kind, status, service, instance });
  if (shift === undefined) return parts;
  const { order, moved } = movedTimes(times, shift);
  return partsOf(
    c,
    order.map((i) => rows[i]),
    moved,
    located,
  );
}

/**
 * The view of one trace. `columns` hold the spans of that trace only, in order of arrival, duplicates included; any
 * order gives an equal view. At least one row.
 */
export function buildTraceView(columns: SpanColumns): TraceView {
  const c = columns;
  const distinct = distinctRows(c);
  const located = locateAttributes(c, distinct);
  const parts = inOneTime(c, partsOf(c, distinct, relativeTimes(c, distinct), located), located);
  const { rows, times, described: d, kind, status, tree } = parts;
  const root = findRoot(tree, times, (row) => linksOf(c, located, rows[row]).length > 0);
  rolesByShape(d.role, tree, kind, root);
  return {
    n: rows.length,
    startUnixNano: times.startUnixNano,
    start: times.start,
    end: times.end,
    parent: tree.parent,
    orphan: tree.orphan,
    kind,
    status,
    role: d.role,
    name: d.name,
    operation: d.operation,
    service: d.service,
    instance: d.instance,
    agent: inheritAgents(d, tree),
    callee: d.callee,
    topDown: tree.topDown,
    strings: d.strings,
    root,
    children: childrenIn(tree),
    spanId: (row) => hex(c.spanId, rows[row] * 8, rows[row] * 8 + 8),
    attribute(row, key) {
      const at = rows[row];
      const b = c.buffers[c.buffer[at]];
      return SPAN_KEYS.read(b, c.spanOffset[at], c.spanLength[at], located, at, key);
    },
    resource(row, key) {
      const at = rows[row];
      const b = c.buffers[c.buffer[at]];
      return findAttribute(b, c.resourceOffset[at], c.resourceLength[at], ATTRIBUTES_OF.resource, key);
    },
    links: (row) => linksOf(c, located, rows[row]),
  };
}
