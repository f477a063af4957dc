/**
 * The events on ATI's topics, as TypeScript sees them. Their Avro schemas stand in `avro/`, one file per version;
 * the codec (`codec.ts`) maps one to the other. Plain Avro `long`s are numbers (safe below 2^53); a field with the
 * logical type `timestamp-nanos` is a bigint.
 */

/** ati.spans: OTLP spans that hash to one partition. Its `receivedAt` is the partition's clock; no spans = a tick. */
export interface SpanBatch {
  tenant: string;
  /** Unix milliseconds, stamped at the door. */
  receivedAt: number;
  spanCount: number;
  /** A valid OTLP `TracesData` protobuf message; empty in a tick. */
  otlp: Uint8Array;
}

/** ati.telemetry: OTLP metrics of one service, key its name. */
export interface MetricBatch {
  tenant: string;
  /** Unix milliseconds, stamped at the door. */
  receivedAt: number;
  /** service.name of its resources; `unknown_service` where they name none. */
  service: string;
  /** Data points. */
  pointCount: number;
  /** A valid OTLP `MetricsData` protobuf message. */
  otlp: Uint8Array;
}

/** ati.telemetry: OTLP log records of one service, key its name. */
export interface LogBatch {
  tenant: string;
  /** Unix milliseconds, stamped at the door. */
  receivedAt: number;
  /** service.name of its resources; `unknown_service` where they name none. */
  service: string;
  recordCount: number;
  /** A valid OTLP `LogsData` protobuf message; bodies are there only where they are allowed. */
  otlp: Uint8Array;
}

/** Where an output of stage 1 comes from; (offset, sequence) is unique and rises within a partition. */
export interface Source {
  /** Partition of ati.spans. */
  partition: number;
  /** Offset of the SpanBatch whose processing emitted it. */
  offset: number;
  /** Position among that batch's outputs. */
  sequence: number;
  /** The partition's clock then, unix milliseconds. */
  clock: number;
}

/** The name of a detector: `fanout_collapse`, `retry_storm` … Open: a new detector needs no new schema. */
export type FindingKind = string;

export const SEVERITIES = ['warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A named number with its unit ('ms', 'count', 'ratio', …): evidence is a list of them, in the detector's order. */
export interface Measure {
  name: string;
  value: number;
  unit: string;
}

/** One line of a finding's story: a retry attempt, a stall, the last finisher. Times are ms from the trace's start. */
export interface TimelineEntry {
  label: string;
  startMs: number;
  durationMs: number;
  outcome: string;
}

export interface Recommendation {
  /** Stable code: reduce_concurrency, batch, rate_limit, budget_retries, restructure_planner, separate_pools … */
  action: string;
  /** One sentence with its numbers filled in, each computed from the evidence. */
  text: string;
}

/** A finding that another one of the same trace explains: a symptom. */
export interface Explained {
  incidentId: string;
  kind: FindingKind;
  agent: string;
  operation: string;
  signature: string;
}

/** What a detector found, in one trace or one window. Identity: kind, agent, operation, signature (with the tenant). */
export interface Finding {
  kind: FindingKind;
  /** Deterministic: see processors/incidents/identity.ts. 32 hex digits. */
  incidentId: string;
  severity: Severity;
  /** Root agent: gen_ai.agent.name, else service.name; normalised. */
  agent: string;
  /** The root's operation, normalised (UUIDs, hex of 8 or more, digits become `*`). */
  operation: string;
  /** The normalised callee that gives the finding its identity. */
  signature: string;
  /** False where another finding of the same trace explains it. */
  root: boolean;
  evidence: Measure[];
  timeline: TimelineEntry[];
  explanation: string;
  recommendations: Recommendation[];
  /** Findings of the same trace that this one explains, sorted by incident id. */
  explains: Explained[];
  /** Incident id of the finding that explains this one; empty for a root. */
  explainedBy: string;
}

/** What a trace reveals about its time, one question each: docs/insights.md. In this order. */
export const INSIGHT_KINDS = [
  'straggler',
  'chain',
  'retries',
  'critical_path',
  'steps',
  'human',
  'payload',
  'stream',
] as const;
export type InsightKind = (typeof INSIGHT_KINDS)[number];

/** The answer to one question about one trace; a question that the trace's shape does not raise has none. */
export interface Insight {
  kind: InsightKind;
  /** False: the honest answer is no (not payload-bound, no straggler). */
  found: boolean;
  /** Whom the answer is about, normalised. */
  agent: string;
  operation: string;
  /** One or two sentences with their numbers, each computed from the evidence. */
  answer: string;
  evidence: Measure[];
  /** At most 50 entries, in order of time: attempts, branches, steps, stalls. */
  timeline: TimelineEntry[];
}

/** Numbers of one trace that only a window can judge (see each detector's `inWindow`). */
export interface Fact {
  kind: FindingKind;
  /** Normalised callee operation that the numbers are about. */
  callee: string;
  values: Measure[];
}

/** One piece of the critical path; pieces are in order of time and do not overlap. Times in ns from the trace's start. */
export interface PathSegment {
  spanId: string;
  /** Role name: workflow, agent, planner, worker, chat, tool, checkpoint, stream, human, other. */
  role: string;
  service: string;
  operation: string;
  startNs: number;
  endNs: number;
  /** self: the span's own work; edge: between caller and callee (network); idle: waiting for a person. */
  type: 'self' | 'edge' | 'idle';
}

/**
 * What owns a part of the critical path: an operation's own time (`self`), the way between a caller and its callee (`edge`:
 * network and queues, service and operation are the callee's), or a wait for a person (`idle`). One for each combination
 * of the names; the times of all shares sum to the path's length.
 */
export interface PathShare {
  type: 'self' | 'edge' | 'idle';
  /** Role name, see PathSegment. */
  role: string;
  service: string;
  /** Normalised. */
  agent: string;
  /** Normalised. */
  operation: string;
  /** service.instance.id, else host.name, else k8s.pod.name, else container.id of the resource; empty without one. */
  instance: string;
  /** Of an edge; else empty. */
  callerService: string;
  callerOperation: string;
  /** Distinct spans that own a piece of it. */
  spans: number;
  /** Of them, failed. */
  errors: number;
  /** Exclusive time on the path. */
  pathNs: number;
  /** By how much less the trace would take without it: at most `pathNs`, less where something else ran beside it. */
  dragNs: number;
}

/** A node of the trace's graph: all spans of one (role, service, agent, operation). */
export interface GraphNode {
  id: number;
  role: string;
  service: string;
  agent: string;
  operation: string;
  count: number;
  errors: number;
  totalNs: number;
  /** Its exclusive time on the critical path. */
  pathNs: number;
}

export interface GraphEdge {
  from: number;
  to: number;
  count: number;
  type: 'child' | 'link';
}

/** ati.traces: one revision of a closed trace. */
export interface TraceSummary {
  tenant: string;
  /** 32 hex digits. */
  traceId: string;
  /** 1, then one more for each re-opening. */
  revision: number;
  source: Source;
  /** Lowest offset of ati.spans that holds a span of it. */
  firstOffset: number;
  /** Closed at the hard cap without a root. */
  partial: boolean;
  rootSpanId: string;
  rootService: string;
  rootAgent: string;
  rootOperation: string;
  /** Logical type timestamp-nanos. */
  startUnixNano: bigint;
  durationNs: number;
  spanCount: number;
  errorCount: number;
  path: PathSegment[];
  nodes: GraphNode[];
  edges: GraphEdge[];
  findings: Finding[];
  insights: Insight[];
  /** What owns the critical path; most path time first, then by name; at most 200 (the least are one share `other`). */
  shares: PathShare[];
}

/** ati.signals: one trace's facts and findings about one agent operation. */
export interface Signal {
  tenant: string;
  /** operation: of an agent operation. instance: of a service.name (in `agent`) and its service.instance.id (in `operation`). */
  scope: 'operation' | 'instance';
  agent: string;
  operation: string;
  traceId: string;
  revision: number;
  /** The root's end (without one the greatest end), unix ms, fixed by revision 1, clamped to the source clock. */
  eventTime: number;
  source: Source;
  /** Of the agent operation in this trace. */
  calls: number;
  errors: number;
  durationMs: number;
  facts: Fact[];
  findings: Finding[];
  /** Normalised callees called beneath the agent operation's spans in this trace, sorted, at most 50 (the first by name). */
  callees: string[];
}

/** ati.signals, every partition: nothing with a lesser clock will come from this source any more. */
export interface ClockMark {
  source: Source;
}

export const OPERATOR_ACTIONS = ['acknowledge', 'unacknowledge', 'mute', 'unmute'] as const;
export type OperatorActionType = (typeof OPERATOR_ACTIONS)[number];

/** ati.signals, in the partition of the incident's signals: what an operator did with it. */
export interface OperatorAction {
  tenant: string;
  incidentId: string;
  action: OperatorActionType;
  /** Who, as they call themselves. */
  by: string;
  note: string;
  /** Unix ms, stamped at the door. */
  at: number;
  /** Of a mute, unix ms; else 0. */
  until: number;
}

export const INCIDENT_EVENTS = [
  'opened',
  'updated',
  'resolved',
  'retracted',
  'acknowledged',
  'unacknowledged',
  'muted',
  'unmuted',
] as const;
export type IncidentEventType = (typeof INCIDENT_EVENTS)[number];

/** ati.incidents. The last version of an incident is the one with the greatest revision (docs/adr/0003). */
export interface IncidentEvent {
  /** 32 hex digits: hash(version, kind, tenant, agent, operation, signature). */
  incidentId: string;
  tenant: string;
  event: IncidentEventType;
  kind: FindingKind;
  severity: Severity;
  /** 1, then one more at each re-opening. */
  episode: number;
  /** Rises by one with each event of the incident. */
  revision: number;
  /** False: provisional, from one trace, before its window closed. */
  settled: boolean;
  agent: string;
  operation: string;
  signature: string;
  /** Unix ms, half-open. */
  windowStart: number;
  windowEnd: number;
  /** Event time of the finding that opened this episode, unix ms. */
  openedAt: number;
  /** Logical time (source clock) of this event, unix ms. */
  at: number;
  title: string;
  explanation: string;
  evidence: Measure[];
  timeline: TimelineEntry[];
  recommendations: Recommendation[];
  /** At most 10, sorted. */
  exemplarTraceIds: string[];
  affectedTraces: number;
  /** Digest of the detector's thresholds, 16 hex digits. */
  thresholdsDigest: string;
  /** Digest of severity, evidence and text only, 16 hex digits. */
  contentDigest: string;
  /** The trace that evidence and timeline are of; empty where they are of a window. */
  evidenceTraceId: string;
  /** Failures of the same traces that are its symptoms and open no incident of their own. */
  explains: Explained[];
  /** Who acknowledged this episode; empty while nobody has. */
  acknowledgedBy: string;
  /** Unix ms; 0 while nobody has. */
  acknowledgedAt: number;
  /** Unix ms; 0: not muted. */
  mutedUntil: number;
  /** The operator's last one; after an unacknowledge, a mute or an unmute it begins with their name. */
  note: string;
}

/** ati.incident-state, in the partition of its signals: what stage 2 needs to go on after a restart. */
export interface IncidentState {
  incidentId: string;
  /** Logical time up to which (exclusive) its effects have been applied, unix ms; and the order within that time. */
  appliedThrough: string;
  /** Lifecycle counters, JSON. */
  counters: string;
  last: IncidentEvent;
}

export interface Events {
  SpanBatch: SpanBatch;
  TraceSummary: TraceSummary;
  Signal: Signal;
  ClockMark: ClockMark;
  OperatorAction: OperatorAction;
  IncidentEvent: IncidentEvent;
  IncidentState: IncidentState;
  MetricBatch: MetricBatch;
  LogBatch: LogBatch;
}
export type EventName = keyof Events;
