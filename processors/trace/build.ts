/** From the columns of one trace, in any order and with duplicates, to its view. */
import { ATTRIBUTES_OF, findAttribute, spanLinks } from '#schemas/otlp/attributes.ts';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { type Described, describeSpans, type ReadAttribute } from './describe.ts';
import { Strings } from './intern.ts';
import { buildTree, type Tree } from './parents.ts';
import { ROLE } from './roles.ts';
import { distinctRows, idWords } from './rows.ts';
import { relativeTimes } from './times.ts';
import type { TraceView } from './view.ts';

function pick<A extends Uint8Array | Uint32Array>(from: A, rows: Int32Array, width: number, into: A): A {
  for (let i = 0; i < rows.length; i++)
    for (let k = 0; k < width; k++) into[i * width + k] = from[rows[i] * width + k];
  return into;
}

/** The nearest agent's name at or above each row; where nobody names one, the service's. */
function inheritAgents(d: Described, tree: Tree): Int32Array {
  const named = new Int32Array(d.ownAgent);
  for (const row of tree.topDown)
    if (named[row] === 0 && tree.parent[row] >= 0) named[row] = named[tree.parent[row]];
  for (let row = 0; row < named.length; row++) if (named[row] === 0) named[row] = d.service[row];
  return named;
}

/** The longest span without a parent; the first of equals; -1 in a trace without one. */
function findRoot(tree: Tree, start: Float64Array, end: Float64Array): number {
  let root = -1;
  for (let row = 0; row < start.length; row++) {
    if (tree.parent[row] >= 0 || tree.orphan[row] === 1) continue;
    if (root < 0 || end[row] - start[row] > end[root] - start[root]) root = row;
  }
  return root;
}

function linksOf(c: SpanColumns, row: number): readonly string[] {
  const links = spanLinks(c.buffers[c.buffer[row]], c.spanOffset[row], c.spanLength[row]);
  if (links.length === 0) return [];
  const traceId = Buffer.from(c.traceId.subarray(row * 16, row * 16 + 16)).toString('hex');
  return links.filter((link) => link.traceId === traceId).map((link) => link.spanId);
}

/**
 * The view of one trace. `columns` hold the spans of that trace only, in order of arrival, duplicates included; any
 * order gives an equal view. At least one row.
 */
export function buildTraceView(columns: SpanColumns): TraceView {
  const c = columns;
  const rows = distinctRows(c);
  const n = rows.length;
  const { startUnixNano, start, end } = relativeTimes(c, rows);
  const attributeOf: ReadAttribute = (row, key) =>
    findAttribute(c.buffers[c.buffer[row]], c.spanOffset[row], c.spanLength[row], ATTRIBUTES_OF.span, key);
  const resourceOf: ReadAttribute = (row, key) =>
    findAttribute(
      c.buffers[c.buffer[row]],
      c.resourceOffset[row],
      c.resourceLength[row],
      ATTRIBUTES_OF.resource,
      key,
    );
  const strings = new Strings();
  const d = describeSpans(c, rows, strings, attributeOf, resourceOf);
  const ids = pick(idWords(c.spanId, c.n), rows, 2, new Uint32Array(n * 2));
  const parentIds = pick(idWords(c.parentId, c.n), rows, 2, new Uint32Array(n * 2));
  const kind = pick(c.kind, rows, 1, new Uint8Array(n));
  const tree = buildTree({ n, ids, parentIds, kind, service: d.service, start, end });
  const root = findRoot(tree, start, end);
  if (root >= 0 && d.role[root] === ROLE.other && tree.offset[root + 1] > tree.offset[root])
    d.role[root] = ROLE.workflow; // by shape: what has no caller and calls others
  const word = (index: number) => ids[index].toString(16).padStart(8, '0');
  return {
    n,
    startUnixNano,
    start,
    end,
    parent: tree.parent,
    orphan: tree.orphan,
    kind,
    status: pick(c.status, rows, 1, new Uint8Array(n)),
    role: d.role,
    name: d.name,
    operation: d.operation,
    service: d.service,
    agent: inheritAgents(d, tree),
    callee: d.callee,
    topDown: tree.topDown,
    strings: strings.all,
    root,
    children: (row) => tree.children.subarray(tree.offset[row], tree.offset[row + 1]),
    spanId: (row) => word(row * 2) + word(row * 2 + 1),
    attribute: (row, key) => attributeOf(rows[row], key),
    resource: (row, key) => resourceOf(rows[row], key),
    links: (row) => linksOf(c, rows[row]),
  };
}
