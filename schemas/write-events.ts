/**
 * The events that stage 1 writes for every trace, field by field in the order of their newest schema: TraceSummary v3,
 * Signal v2, ClockMark v1. A new version changes its writer with it; codec.prop.test.ts compares the bytes with avsc's.
 * Each kind of array has a loop of its own: V8 knows what it calls and what it reads.
 */
import {
  beginArray,
  bigLong,
  boolean,
  double,
  endOfArray,
  int,
  long,
  name,
  string,
  symbol,
} from './avro/writer.ts';
import {
  type ClockMark,
  type Explained,
  type Fact,
  type Finding,
  type GraphEdge,
  type GraphNode,
  type Insight,
  type Measure,
  type PathSegment,
  type PathShare,
  type Recommendation,
  SEVERITIES,
  type Signal,
  type Source,
  type TimelineEntry,
  type TraceSummary,
} from './events.ts';

const SCOPES = ['operation', 'instance'];
const SEGMENT_TYPES = ['self', 'edge', 'idle'];
const EDGE_TYPES = ['child', 'link'];

function strings(items: readonly string[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) name(items[i]);
  endOfArray();
}

function source(value: Source): void {
  int(value.partition);
  long(value.offset);
  int(value.sequence);
  long(value.clock);
}

function measure(value: Measure): void {
  name(value.name);
  double(value.value);
  name(value.unit);
}

function measures(items: readonly Measure[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) measure(items[i]);
  endOfArray();
}

function timelineEntry(value: TimelineEntry): void {
  string(value.label);
  double(value.startMs);
  double(value.durationMs);
  string(value.outcome);
}

function timeline(items: readonly TimelineEntry[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) timelineEntry(items[i]);
  endOfArray();
}

function recommendation(value: Recommendation): void {
  name(value.action);
  string(value.text);
}

function recommendations(items: readonly Recommendation[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) recommendation(items[i]);
  endOfArray();
}

function explained(value: Explained): void {
  string(value.incidentId);
  name(value.kind);
  name(value.agent);
  name(value.operation);
  string(value.signature);
}

function explanations(items: readonly Explained[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) explained(items[i]);
  endOfArray();
}

function finding(value: Finding): void {
  name(value.kind);
  string(value.incidentId);
  symbol(SEVERITIES, value.severity);
  name(value.agent);
  name(value.operation);
  string(value.signature);
  boolean(value.root);
  measures(value.evidence);
  timeline(value.timeline);
  string(value.explanation);
  recommendations(value.recommendations);
  explanations(value.explains);
  string(value.explainedBy);
}

function findings(items: readonly Finding[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) finding(items[i]);
  endOfArray();
}

function pathSegment(value: PathSegment): void {
  string(value.spanId);
  name(value.role);
  name(value.service);
  name(value.operation);
  long(value.startNs);
  long(value.endNs);
  symbol(SEGMENT_TYPES, value.type);
}

function pathSegments(items: readonly PathSegment[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) pathSegment(items[i]);
  endOfArray();
}

function graphNode(value: GraphNode): void {
  int(value.id);
  name(value.role);
  name(value.service);
  name(value.agent);
  name(value.operation);
  int(value.count);
  int(value.errors);
  long(value.totalNs);
  long(value.pathNs);
}

function graphNodes(items: readonly GraphNode[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) graphNode(items[i]);
  endOfArray();
}

function graphEdge(value: GraphEdge): void {
  int(value.from);
  int(value.to);
  int(value.count);
  symbol(EDGE_TYPES, value.type);
}

function graphEdges(items: readonly GraphEdge[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) graphEdge(items[i]);
  endOfArray();
}

function insight(value: Insight): void {
  name(value.kind);
  boolean(value.found);
  name(value.agent);
  name(value.operation);
  string(value.answer);
  measures(value.evidence);
  timeline(value.timeline);
}

function insights(items: readonly Insight[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) insight(items[i]);
  endOfArray();
}

function pathShare(value: PathShare): void {
  symbol(SEGMENT_TYPES, value.type);
  name(value.role);
  name(value.service);
  name(value.agent);
  name(value.operation);
  name(value.instance);
  name(value.callerService);
  name(value.callerOperation);
  int(value.spans);
  int(value.errors);
  long(value.pathNs);
  long(value.dragNs);
}

function pathShares(items: readonly PathShare[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) pathShare(items[i]);
  endOfArray();
}

function fact(value: Fact): void {
  name(value.kind);
  name(value.callee);
  measures(value.values);
}

function facts(items: readonly Fact[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) fact(items[i]);
  endOfArray();
}

export function writeTraceSummary(value: TraceSummary): void {
  name(value.tenant);
  string(value.traceId);
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
  pathSegments(value.path);
  graphNodes(value.nodes);
  graphEdges(value.edges);
  findings(value.findings);
  insights(value.insights);
  pathShares(value.shares);
}

export function writeSignal(value: Signal): void {
  name(value.tenant);
  symbol(SCOPES, value.scope);
  name(value.agent);
  name(value.operation);
  string(value.traceId);
  int(value.revision);
  long(value.eventTime);
  source(value.source);
  int(value.calls);
  int(value.errors);
  double(value.durationMs);
  facts(value.facts);
  findings(value.findings);
  strings(value.callees);
}

export function writeClockMark(value: ClockMark): void {
  source(value.source);
}
