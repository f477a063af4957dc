/** Results → rows of their tables, as objects for JSONEachRow: named tuples are objects. */
import type {
  Finding,
  IncidentEvent,
  Insight,
  Measure,
  Recommendation,
  Signal,
  Source,
  TimelineEntry,
  TraceSummary,
} from '#schemas/events.ts';
import { dateTime64 } from './span-row.ts';
import type { Row } from './table-writer.ts';

const measure = ({ name, value, unit }: Measure) => ({ Name: name, Value: value, Unit: unit });

const entry = ({ label, startMs, durationMs, outcome }: TimelineEntry) => ({
  Label: label,
  StartMs: startMs,
  DurationMs: durationMs,
  Outcome: outcome,
});

const recommendation = ({ action, text }: Recommendation) => ({ Action: action, Text: text });

const finding = (each: Finding) => ({
  Kind: each.kind,
  IncidentId: each.incidentId,
  Severity: each.severity,
  Agent: each.agent,
  Operation: each.operation,
  Signature: each.signature,
  Root: each.root,
  Evidence: each.evidence.map(measure),
  Timeline: each.timeline.map(entry),
  Explanation: each.explanation,
  Recommendations: each.recommendations.map(recommendation),
});

const insight = (each: Insight) => ({
  Kind: each.kind,
  Found: each.found,
  Agent: each.agent,
  Operation: each.operation,
  Answer: each.answer,
  Evidence: each.evidence.map(measure),
  Timeline: each.timeline.map(entry),
});

const source = ({ partition, offset, clock }: Source) => ({
  SourcePartition: partition,
  SourceOffset: offset,
  SourceClock: clock,
});

/** Of ati_traces. */
export function traceRow(trace: TraceSummary): Row {
  return {
    TenantId: trace.tenant,
    TraceId: trace.traceId,
    Revision: trace.revision,
    Partial: trace.partial,
    RootSpanId: trace.rootSpanId,
    RootService: trace.rootService,
    RootAgent: trace.rootAgent,
    RootOperation: trace.rootOperation,
    Start: dateTime64(trace.startUnixNano),
    Duration: trace.durationNs,
    SpanCount: trace.spanCount,
    ErrorCount: trace.errorCount,
    Path: trace.path.map((segment) => ({
      SpanId: segment.spanId,
      Role: segment.role,
      Service: segment.service,
      Operation: segment.operation,
      StartNs: segment.startNs,
      EndNs: segment.endNs,
      Type: segment.type,
    })),
    Nodes: trace.nodes.map((node) => ({
      Id: node.id,
      Role: node.role,
      Service: node.service,
      Agent: node.agent,
      Operation: node.operation,
      Count: node.count,
      Errors: node.errors,
      TotalNs: node.totalNs,
      PathNs: node.pathNs,
    })),
    Edges: trace.edges.map((edge) => ({ From: edge.from, To: edge.to, Count: edge.count, Type: edge.type })),
    Findings: trace.findings.map(finding),
    ExplainedBy: trace.findings.map((each) => each.explainedBy),
    Insights: trace.insights.map(insight),
    Shares: trace.shares.map((share) => ({
      Type: share.type,
      Role: share.role,
      Service: share.service,
      Agent: share.agent,
      Operation: share.operation,
      Instance: share.instance,
      CallerService: share.callerService,
      CallerOperation: share.callerOperation,
      Spans: share.spans,
      Errors: share.errors,
      PathNs: share.pathNs,
      DragNs: share.dragNs,
    })),
    ...source(trace.source),
  };
}

/** Of ati_signals. */
export function signalRow(signal: Signal): Row {
  return {
    TenantId: signal.tenant,
    Scope: signal.scope,
    Agent: signal.agent,
    Operation: signal.operation,
    EventTime: signal.eventTime,
    TraceId: signal.traceId,
    Revision: signal.revision,
    Calls: signal.calls,
    Errors: signal.errors,
    DurationMs: signal.durationMs,
    Facts: signal.facts.map(({ kind, callee, values }) => ({
      Kind: kind,
      Callee: callee,
      Values: values.map(measure),
    })),
    Findings: signal.findings.map(finding),
    ...source(signal.source),
  };
}

/** Of ati_incident_events. */
export function incidentRow(event: IncidentEvent): Row {
  return {
    TenantId: event.tenant,
    IncidentId: event.incidentId,
    Revision: event.revision,
    Event: event.event,
    Kind: event.kind,
    Severity: event.severity,
    Episode: event.episode,
    Settled: event.settled,
    Agent: event.agent,
    Operation: event.operation,
    Signature: event.signature,
    WindowStart: event.windowStart,
    WindowEnd: event.windowEnd,
    OpenedAt: event.openedAt,
    At: event.at,
    Title: event.title,
    Explanation: event.explanation,
    Evidence: event.evidence.map(measure),
    Timeline: event.timeline.map(entry),
    Recommendations: event.recommendations.map(recommendation),
    ExemplarTraceIds: event.exemplarTraceIds,
    AffectedTraces: event.affectedTraces,
    ThresholdsDigest: event.thresholdsDigest,
    ContentDigest: event.contentDigest,
    EvidenceTraceId: event.evidenceTraceId,
    Explains: event.explains.map((each) => ({
      IncidentId: each.incidentId,
      Kind: each.kind,
      Agent: each.agent,
      Operation: each.operation,
      Signature: each.signature,
    })),
    AcknowledgedBy: event.acknowledgedBy,
    AcknowledgedAt: event.acknowledgedAt,
    MutedUntil: event.mutedUntil,
    Note: event.note,
  };
}
