/** From the columns of one trace, in any order and with duplicates, to its view. */

import { hexOf } from '#schemas/avro/writer.ts';
import { ATTRIBUTES_OF, findAttribute, spanLinks } from '#schemas/otlp/attributes.ts';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { hex } from '#schemas/otlp/wire.ts';
import { type Described, describeSpans } from './describe.ts';
import { attributeOf, SPAN_KEYS } from './kinds.ts';
import { lentInt32s, lentUint8s } from './lent.ts';
import { buildTree, type Tree } from './parents.ts';
import { distinctRows, idWords } from './rows.ts';
import { keptUint32s } from './scratch.ts';
import { rolesByShape } from './shape.ts';
import { clockShifts } from './skew.ts';
import { movedTimes, type RelativeTimes, relativeTimes } from './times.ts';
import type { WritableView } from './view.ts';

function pick(from: Uint8Array, rows: Int32Array): Uint8Array {
  const picked = lentUint8s(rows.length);
  for (let i = 0; i < rows.length; i++) picked[i] = from[rows[i]];
  return picked;
}

/** The nearest agent's name at or above each row; where nobody names one, the service's. */
function inheritAgents({ ownAgent, service }: Described, { topDown, parent }: Tree): Int32Array {
  const n = ownAgent.length;
  const named = lentInt32s(n);
  for (let i = 0; i < n; i++) {
    const row = topDown[i];
    named[row] = ownAgent[row] === 0 && parent[row] >= 0 ? named[parent[row]] : ownAgent[row];
  }
  for (let row = 0; row < n; row++) if (named[row] === 0) named[row] = service[row];
  return named;
}

/**
 * The longest span without a parent; the first of equals; -1 in a trace without one. What links to another span of the
 * trace was caused by that one (a batch consumer): it is the root only where nothing else can be.
 */
function findRoot(tree: Tree, times: RelativeTimes, isLinked: (row: number) => boolean): number {
  const { parent, orphan } = tree;
  let root = -1;
  let count = 0;
  for (let row = 0; row < parent.length; row++) {
    if (parent[row] >= 0 || orphan[row] !== 0) continue;
    count++;
    root = longer(times, root, row);
  }
  if (count < 2) return root;
  let first = -1;
  for (let row = 0; row < parent.length; row++)
    if (parent[row] < 0 && orphan[row] === 0 && !isLinked(row)) first = longer(times, first, row);
  return first < 0 ? root : first;
}

function longer({ start, end }: RelativeTimes, a: number, b: number): number {
  return a < 0 || end[b] - start[b] > end[a] - start[a] ? b : a;
}

const NO_LINKS: readonly string[] = [];

function linksOf(c: SpanColumns, row: number): readonly string[] {
  const links = spanLinks(c.buffers[c.buffer[row]], c.spanOffset[row], c.spanLength[row]);
  if (links.length === 0) return NO_LINKS;
  const traceId = hex(c.traceId, row * 16, row * 16 + 16);
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

const keptIds = keptUint32s();
const keptParentIds = keptUint32s();

function partsOf(c: SpanColumns, rows: Int32Array, times: RelativeTimes): Parts {
  const n = rows.length;
  const described = describeSpans(c, rows);
  const ids = idWords(c.spanId, rows, keptIds(n * 2));
  const parentIds = idWords(c.parentId, rows, keptParentIds(n * 2));
  const kind = pick(c.kind, rows);
  const status = pick(c.status, rows);
  const { start, end } = times;
  const tree = buildTree({ n, ids, parentIds, kind, service: described.service, start, end });
  return { rows, times, described, kind, status, tree };
}

/** With the clocks of all services brought together (skew.ts), and the rows in order of start again. */
function inOneTime(c: SpanColumns, parts: Parts): Parts {
  const { rows, times, described, kind, status, tree } = parts;
  const { service, instance } = described;
  const { start, end } = times;
  const { parent, topDown } = tree;
  const shift = clockShifts({ start, end, kind, status, service, instance, parent, topDown });
  if (shift === undefined) return parts;
  const { order, moved } = movedTimes(times, shift);
  return partsOf(
    c,
    order.map((i) => rows[i]),
    moved,
  );
}

/**
 * The view of one trace. `columns` hold the spans of that trace only, in order of arrival, duplicates included; any
 * order gives an equal view. At least one row.
 */
export function buildTraceView(columns: SpanColumns): WritableView {
  const c = columns;
  const distinct = distinctRows(c);
  const parts = inOneTime(c, partsOf(c, distinct, relativeTimes(c, distinct)));
  const { rows, times, described: d, kind, status, tree } = parts;
  // Most of what is asked for no span of the trace has.
  const { found, kinds } = d;
  const links = SPAN_KEYS.mayLink(found) ? (row: number) => linksOf(c, rows[row]) : () => NO_LINKS;
  const root = findRoot(tree, times, (row) => links(row).length > 0);
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
    childFrom: tree.offset,
    childRows: tree.children,
    children: (row) => tree.children.subarray(tree.offset[row], tree.offset[row + 1]),
    spanId: (row) => hex(c.spanId, rows[row] * 8, rows[row] * 8 + 8),
    writeSpanId: (row) => hexOf(c.spanId, rows[row] * 8, rows[row] * 8 + 8),
    attribute: (row, key) => attributeOf(c, rows[row], kinds[rows[row]]!, key),
    mayHave: (key) => SPAN_KEYS.mayHave(found, SPAN_KEYS.indexOf(key)),
    resource(row, key) {
      const at = rows[row];
      const b = c.buffers[c.buffer[at]];
      return findAttribute(b, c.resourceOffset[at], c.resourceLength[at], ATTRIBUTES_OF.resource, key);
    },
    links,
  };
}
