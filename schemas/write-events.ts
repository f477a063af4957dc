/**
 * The events that stage 1 writes for every trace, field by field in the order of their newest schema: TraceSummary v3,
 * Signal v2, ClockMark v1. A new version changes its writer with it; codec.prop.test.ts compares the bytes with avsc's.
 */
import { array, bigLong, boolean, double, int, long, string, symbol } from './avro/writer.ts';
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

function source(value: Source): void {
  int(value.partition);
  long(value.offset);
  int(value.sequence);
  long(value.clock);
}

function measure(value: Measure): void {
  string(value.name);
  double(value.value);
  string(value.unit);
}

function timelineEntry(value: TimelineEntry): void {
  string(value.label);
  double(value.startMs);
  double(value.durationMs);
  string(value.outcome);
}

function recommendation(value: Recommendation): void {
  string(value.action);
  string(value.text);
}

function explained(value: Explained): void {
  string(value.incidentId);
  string(value.kind);
  string(value.agent);
  string(value.operation);
  string(value.signature);
}

function finding(value: Finding): void {
  string(value.kind);
  string(value.incidentId);
  symbol(SEVERITIES, value.severity);
  string(value.agent);
  string(value.operation);
  string(value.signature);
  boolean(value.root);
  array(value.evidence, measure);
  array(value.timeline, timelineEntry);
  string(value.explanation);
  array(value.recommendations, recommendation);
  array(value.explains, explained);
  string(value.explainedBy);
}

function pathSegment(value: PathSegment): void {
  string(value.spanId);
  string(value.role);
  string(value.service);
  string(value.operation);
  long(value.startNs);
  long(value.endNs);
  symbol(SEGMENT_TYPES, value.type);
}

function graphNode(value: GraphNode): void {
  int(value.id);
  string(value.role);
  string(value.service);
  string(value.agent);
  string(value.operation);
  int(value.count);
  int(value.errors);
  long(value.totalNs);
  long(value.pathNs);
}

function graphEdge(value: GraphEdge): void {
  int(value.from);
  int(value.to);
  int(value.count);
  symbol(EDGE_TYPES, value.type);
}

function insight(value: Insight): void {
  string(value.kind);
  boolean(value.found);
  string(value.agent);
  string(value.operation);
  string(value.answer);
  array(value.evidence, measure);
  array(value.timeline, timelineEntry);
}

function pathShare(value: PathShare): void {
  symbol(SEGMENT_TYPES, value.type);
  string(value.role);
  string(value.service);
  string(value.agent);
  string(value.operation);
  string(value.instance);
  string(value.callerService);
  string(value.callerOperation);
  int(value.spans);
  int(value.errors);
  long(value.pathNs);
  long(value.dragNs);
}

function fact(value: Fact): void {
  string(value.kind);
  string(value.callee);
  array(value.values, measure);
}

export function writeTraceSummary(value: TraceSummary): void {
  string(value.tenant);
  string(value.traceId);
  int(value.revision);
  source(value.source);
  long(value.firstOffset);
  boolean(value.partial);
  string(value.rootSpanId);
  string(value.rootService);
  string(value.rootAgent);
  string(value.rootOperation);
  bigLong(value.startUnixNano);
  long(value.durationNs);
  int(value.spanCount);
  int(value.errorCount);
  array(value.path, pathSegment);
  array(value.nodes, graphNode);
  array(value.edges, graphEdge);
  array(value.findings, finding);
  array(value.insights, insight);
  array(value.shares, pathShare);
}

export function writeSignal(value: Signal): void {
  string(value.tenant);
  symbol(SCOPES, value.scope);
  string(value.agent);
  string(value.operation);
  string(value.traceId);
  int(value.revision);
  long(value.eventTime);
  source(value.source);
  int(value.calls);
  int(value.errors);
  double(value.durationMs);
  array(value.facts, fact);
  array(value.findings, finding);
  array(value.callees, string);
}

export function writeClockMark(value: ClockMark): void {
  source(value.source);
}
