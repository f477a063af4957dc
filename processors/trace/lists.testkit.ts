/** For tests: the lists of a trace's summary as objects, read from the bytes that are written of them. */
import { Part } from '#schemas/avro/writer.ts';
import { decodeAs, putSummary } from '#schemas/codec.ts';
import type { GraphEdge, GraphNode, PathSegment, PathShare, TraceSummary } from '#schemas/events.ts';
import type { SummaryFields, WrittenLists } from '#schemas/write-summary.ts';
import type { CriticalPath } from './critical-path.ts';
import { type ListBounds, TraceLists } from './lists.ts';
import type { WritableView } from './view.ts';

const NOTHING: SummaryFields = {
  tenant: '',
  traceId: '',
  revision: 1,
  source: { partition: 0, offset: 0, sequence: 0, clock: 0 },
  firstOffset: 0,
  partial: false,
  rootSpanId: '',
  rootService: '',
  rootAgent: '',
  rootOperation: '',
  startUnixNano: 0n,
  durationNs: 0,
  spanCount: 0,
  errorCount: 0,
  findings: [],
  insights: [],
};

export type Lists = Pick<TraceSummary, 'path' | 'nodes' | 'edges' | 'shares'>;

/** Without the prototypes that Avro gives its records. */
const plain = <T extends object>(items: readonly T[]): T[] => items.map((item) => ({ ...item }));

export function readLists(written: WrittenLists): Lists {
  const part = new Part();
  part.write(() => putSummary(NOTHING, written));
  const summary = decodeAs('TraceSummary', part.bytes.subarray(0, part.length));
  if (!summary.ok) throw new Error(summary.reason);
  const { path, nodes, edges, shares } = summary.value;
  return { path: plain(path), nodes: plain(nodes), edges: plain(edges), shares: plain(shares) };
}

function listsOf(view: WritableView, path: CriticalPath, bounds: ListBounds): Lists {
  const lists = new TraceLists();
  lists.write(view, path, bounds);
  return readLists(lists);
}

export function pathSegments(view: WritableView, path: CriticalPath, pieces?: number): PathSegment[] {
  return listsOf(view, path, { pieces }).path;
}

export function traceGraph(
  view: WritableView,
  path: CriticalPath,
  nodes?: number,
): { nodes: GraphNode[]; edges: GraphEdge[] } {
  return listsOf(view, path, { nodes });
}

export function pathShares(view: WritableView, path: CriticalPath, shares?: number): PathShare[] {
  return listsOf(view, path, { shares }).shares;
}
