/**
 * TraceSummary v3, field by field in the order of its schema. Its long lists (path, nodes, edges, shares) are written
 * from columns, entry by entry, into a part of their own before all else: no object is made for what is bytes at once.
 */
import type { Words } from './avro/words.ts';
import { bigLong, boolean, id, int, long, name, string, symbolAt, written } from './avro/writer.ts';
import type { TraceSummary } from './events.ts';
import { findings, insights, source } from './write-events.ts';

/** Of segments and shares, by the number that is written. */
export const SEGMENT_TYPES = [
  'self',
  'edge',
  'idle',
] as const satisfies readonly TraceSummary['path'][number]['type'][];
export const EDGE_TYPES = [
  'child',
  'link',
] as const satisfies readonly TraceSummary['edges'][number]['type'][];

/** The lists of a summary as Avro arrays: path, nodes and edges in bytes[0, graphEnd), shares in bytes[graphEnd, length). */
export interface WrittenLists {
  readonly bytes: Buffer;
  readonly graphEnd: number;
  readonly length: number;
}

/** All of them empty. */
export const NO_LISTS: WrittenLists = { bytes: Buffer.alloc(4), graphEnd: 3, length: 4 };

export type SummaryFields = Readonly<Omit<TraceSummary, 'path' | 'nodes' | 'edges' | 'shares'>>;

/** Names of a PathSegment, behind its span's id; indexes into `words`. */
export function segmentNames(words: Words, role: number, service: number, operation: number): void {
  words.write(role);
  words.write(service);
  words.write(operation);
}

/** The rest of a PathSegment. */
export function segmentTimes(startNs: number, endNs: number, type: number): void {
  long(startNs);
  long(endNs);
  symbolAt(type);
}

/** The names of a GraphNode, behind its id; indexes into `words`. */
export function nodeNames(
  words: Words,
  role: number,
  service: number,
  agent: number,
  operation: number,
): void {
  words.write(role);
  words.write(service);
  words.write(agent);
  words.write(operation);
}

/** The rest of a GraphNode. */
export function nodeNumbers(count: number, errors: number, totalNs: number, pathNs: number): void {
  int(count);
  int(errors);
  long(totalNs);
  long(pathNs);
}

export function graphEdge(from: number, to: number, count: number, type: number): void {
  int(from);
  int(to);
  int(count);
  symbolAt(type);
}

/** The rest of a PathShare, behind its type, its names and those of its caller. */
export function shareNumbers(spans: number, errors: number, pathNs: number, dragNs: number): void {
  int(spans);
  int(errors);
  long(pathNs);
  long(dragNs);
}

export function writeTraceSummary(value: SummaryFields, lists: WrittenLists): void {
  name(value.tenant);
  id(value.traceId);
  int(value.revision);
  source(value.source);
  long(value.firstOffset);
  boolean(value.partial);
  string(value.rootSpanId);
  name(value.rootService);
  name(value.rootAgent);
  name(value.rootOperation);
  bigLong(value.startUnixNano);
  long(value.durationNs);
  int(value.spanCount);
  int(value.errorCount);
  written(lists.bytes, 0, lists.graphEnd);
  findings(value.findings);
  insights(value.insights);
  written(lists.bytes, lists.graphEnd, lists.length);
}
