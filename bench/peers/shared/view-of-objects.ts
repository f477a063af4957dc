/** From a trace's span objects to the view that the detectors read: what processors/trace/build.ts does from bytes. */

import type { TraceView, AttributeValue as ViewValue } from '#processors/trace/view.ts';
import { describeSpan } from './describe.ts';
import { Strings } from './detection/trace/intern.ts';
import { buildTree, type Tree } from './detection/trace/parents.ts';
import { rolesByShape } from './detection/trace/shape.ts';
import { clockShifts } from './detection/trace/skew.ts';
import { movedTimes, type RelativeTimes } from './detection/trace/times.ts';
import type { AttributeValue, Span } from './span.ts';
import { relativeTimes } from './times.ts';

const KINDS = 5;
const CODES = 2;

/** By start, then span id, then kind, with the starts in that order. */
function inOrder(spans: readonly Span[]): { sorted: Span[]; starts: bigint[] } {
  const keyed = spans.map((span) => ({ span, start: BigInt(span.startTimeUnixNano) }));
  keyed.sort((a, b) => {
    if (a.start !== b.start) return a.start < b.start ? -1 : 1;
    if (a.span.spanId !== b.span.spanId) return a.span.spanId < b.span.spanId ? -1 : 1;
    return a.span.kind - b.span.kind;
  });
  return { sorted: keyed.map(({ span }) => span), starts: keyed.map(({ start }) => start) };
}

/** Two words a span; zeros where there is no id. */
function words(ids: readonly string[]): Uint32Array {
  const all = new Uint32Array(ids.length * 2);
  ids.forEach((id, i) => {
    if (id === '') return;
    all[i * 2] = Number.parseInt(id.slice(0, 8), 16);
    all[i * 2 + 1] = Number.parseInt(id.slice(8), 16);
  });
  return all;
}

/** What the spans are and how they hang together; position i of everything is span i. */
function partsOf(spans: readonly Span[], times: RelativeTimes) {
  const strings = new Strings();
  const operations = new Map<string, string>();
  const described = spans.map((span) => describeSpan(span, strings, operations));
  const kind = Uint8Array.from(spans, (span) => (span.kind <= KINDS ? span.kind : 0));
  const status = Uint8Array.from(spans, (span) => (span.statusCode <= CODES ? span.statusCode : 0));
  const service = Int32Array.from(described, (each) => each.service);
  const instance = Int32Array.from(described, (each) => each.instance);
  const tree = buildTree({
    n: spans.length,
    ids: words(spans.map((span) => span.spanId)),
    parentIds: words(spans.map((span) => span.parentSpanId)),
    kind,
    service,
    start: times.start,
    end: times.end,
  });
  return { spans, times, strings, described, kind, status, service, instance, tree };
}

/** With the clocks of all services brought together. */
function inOneTime(parts: ReturnType<typeof partsOf>): ReturnType<typeof partsOf> {
  const { spans, times, tree, kind, status, service, instance } = parts;
  const shift = clockShifts({ ...times, ...tree, kind, status, service, instance });
  if (shift === undefined) return parts;
  const { order, moved } = movedTimes(times, shift);
  return partsOf(
    Array.from(order, (i) => spans[i]),
    moved,
  );
}

/** The longest span without a parent, of those that link to none in the trace if there are such; -1 without any. */
function rootOf(
  tree: Tree,
  { start, end }: RelativeTimes,
  links: (row: number) => readonly string[],
): number {
  const roots = [...start.keys()].filter((row) => tree.parent[row] < 0 && tree.orphan[row] === 0);
  const unlinked = roots.length > 1 ? roots.filter((row) => links(row).length === 0) : [];
  const longest = (a: number, b: number) => (a < 0 || end[b] - start[b] > end[a] - start[a] ? b : a);
  return (unlinked.length > 0 ? unlinked : roots).reduce(longest, -1);
}

/** The nearest agent at or above each span; where nobody names one, the service. */
function agentsOf(own: Int32Array, service: Int32Array, tree: Tree): Int32Array {
  for (const row of tree.topDown)
    if (own[row] === 0 && tree.parent[row] >= 0) own[row] = own[tree.parent[row]];
  return own.map((agent, row) => (agent === 0 ? service[row] : agent));
}

function viewValue(value: AttributeValue | undefined): ViewValue | undefined {
  if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined;
  return value as ViewValue | undefined;
}

/** The view of one trace from its spans, each once, in any order. At least one. */
export function viewOfObjects(given: readonly Span[]): TraceView {
  const { sorted, starts } = inOrder(given);
  const parts = inOneTime(partsOf(sorted, relativeTimes(sorted, starts)));
  const { spans, times, described, kind, status, service, instance, tree, strings } = parts;
  const links = (row: number) =>
    spans[row].links.filter(({ traceId }) => traceId === spans[row].traceId).map(({ spanId }) => spanId);
  const root = rootOf(tree, times, links);
  const role = Uint8Array.from(described, (each) => each.role);
  rolesByShape(role, tree, kind, root);
  const ownAgent = Int32Array.from(described, (each) => each.ownAgent);
  return {
    n: spans.length,
    ...times,
    parent: tree.parent,
    orphan: tree.orphan,
    kind,
    status,
    role,
    name: Int32Array.from(described, (each) => each.name),
    operation: Int32Array.from(described, (each) => each.operation),
    service,
    instance,
    agent: agentsOf(ownAgent, service, tree),
    callee: Int32Array.from(described, (each) => each.callee),
    topDown: tree.topDown,
    strings: strings.all,
    root,
    childFrom: tree.offset,
    childRows: tree.children,
    children: (row) => tree.children.subarray(tree.offset[row], tree.offset[row + 1]),
    spanId: (row) => spans[row].spanId,
    attribute: (row, key) => viewValue(spans[row].attributes[key]),
    mayHave: () => true,
    resource: (row, key) => viewValue(spans[row].resource[key]),
    links,
  };
}
