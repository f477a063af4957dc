/** Rows of ati_traces as the API gives them. */
import type { z } from 'zod';
import type { Finding, FindingKind, Severity } from '#schemas/events.ts';
import { isoOf } from './incident-json.ts';
import {
  type MeasureRow,
  measures,
  type RecommendationRow,
  recommendations,
  type TimelineRow,
  timeline,
} from './incident-rows.ts';
import { int64Of } from './parameters.ts';
import type { graphEdge, graphNode, insightJson, pathSegment, pathShare, traceLine } from './trace-json.ts';

export const LINE_COLUMNS = `TraceId, Revision, Partial, RootService, RootAgent, RootOperation,
  toUnixTimestamp64Nano(Start) AS startNs, Duration, SpanCount, ErrorCount`;

export interface LineRow {
  readonly TraceId: string;
  readonly Revision: number;
  readonly Partial: boolean;
  readonly RootService: string;
  readonly RootAgent: string;
  readonly RootOperation: string;
  /** 64-bit integers come as strings. */
  readonly startNs: string;
  readonly Duration: string;
  readonly SpanCount: number;
  readonly ErrorCount: number;
}

export function toLine(row: LineRow): Omit<z.output<typeof traceLine>, 'findings'> {
  return {
    traceId: row.TraceId,
    revision: row.Revision,
    partial: row.Partial,
    rootService: row.RootService,
    rootAgent: row.RootAgent,
    rootOperation: row.RootOperation,
    start: isoOfNanos(row.startNs),
    startUnixNano: row.startNs,
    durationMs: Number(row.Duration) / 1e6,
    spanCount: row.SpanCount,
    errorCount: row.ErrorCount,
  };
}

/** ISO 8601 to the millisecond. */
export function isoOfNanos(nanos: string): string {
  return isoOf(Number(BigInt(nanos) / 1_000_000n));
}

interface SegmentRow {
  readonly SpanId: string;
  readonly Role: string;
  readonly Service: string;
  readonly Operation: string;
  readonly StartNs: string;
  readonly EndNs: string;
  readonly Type: string;
}
export interface ShareRow {
  readonly Type: string;
  readonly Role: string;
  readonly Service: string;
  readonly Agent: string;
  readonly Operation: string;
  readonly Instance: string;
  readonly CallerService: string;
  readonly CallerOperation: string;
  readonly Spans: number;
  readonly Errors: number;
  readonly PathNs: string;
  readonly DragNs: string;
}
export interface NodeRow {
  readonly Id: number;
  readonly Role: string;
  readonly Service: string;
  readonly Agent: string;
  readonly Operation: string;
  readonly Count: number;
  readonly Errors: number;
  readonly TotalNs: string;
  readonly PathNs: string;
}
export interface EdgeRow {
  readonly From: number;
  readonly To: number;
  readonly Count: number;
  readonly Type: string;
}
interface FindingRow {
  readonly Kind: FindingKind;
  readonly IncidentId: string;
  readonly Severity: Severity;
  readonly Agent: string;
  readonly Operation: string;
  readonly Signature: string;
  readonly Root: boolean;
  readonly Evidence: readonly MeasureRow[];
  readonly Timeline: readonly TimelineRow[];
  readonly Explanation: string;
  readonly Recommendations: readonly RecommendationRow[];
}
export interface InsightRow {
  readonly Kind: string;
  readonly Found: boolean;
  readonly Agent: string;
  readonly Operation: string;
  readonly Answer: string;
  readonly Evidence: readonly MeasureRow[];
  readonly Timeline: readonly TimelineRow[];
}
export interface TraceRow extends LineRow {
  readonly Path: readonly SegmentRow[];
  readonly Shares: readonly ShareRow[];
  readonly Nodes: readonly NodeRow[];
  readonly Edges: readonly EdgeRow[];
  readonly Findings: readonly FindingRow[];
  /** One for each of the findings; none where the trace was stored before there was any. */
  readonly ExplainedBy: readonly string[];
  readonly Insights: readonly InsightRow[];
}

export const toSegment = (row: SegmentRow): z.output<typeof pathSegment> => ({
  spanId: row.SpanId,
  role: row.Role,
  service: row.Service,
  operation: row.Operation,
  startNs: int64Of(row.StartNs),
  endNs: int64Of(row.EndNs),
  type: row.Type,
});

/** Whose share it is, and how many spans of it there are. */
export const ownerOf = (row: ShareRow) => ({
  role: row.Role,
  service: row.Service,
  agent: row.Agent,
  operation: row.Operation,
  instance: row.Instance,
  callerService: row.CallerService,
  callerOperation: row.CallerOperation,
  spans: row.Spans,
  errors: row.Errors,
});

export const toShare = (row: ShareRow): z.output<typeof pathShare> => ({
  type: row.Type,
  ...ownerOf(row),
  pathNs: int64Of(row.PathNs),
  dragNs: int64Of(row.DragNs),
});

export const toNode = (row: NodeRow): z.output<typeof graphNode> => ({
  id: row.Id,
  role: row.Role,
  service: row.Service,
  agent: row.Agent,
  operation: row.Operation,
  count: row.Count,
  errors: row.Errors,
  totalNs: int64Of(row.TotalNs),
  pathNs: int64Of(row.PathNs),
});

export const toEdge = (row: EdgeRow): z.output<typeof graphEdge> => ({
  from: row.From,
  to: row.To,
  count: row.Count,
  type: row.Type,
});

export const toFinding = (row: FindingRow, explainedBy: string): Omit<Finding, 'explains'> => ({
  kind: row.Kind,
  incidentId: row.IncidentId,
  severity: row.Severity,
  agent: row.Agent,
  operation: row.Operation,
  signature: row.Signature,
  root: row.Root,
  evidence: measures(row.Evidence),
  timeline: timeline(row.Timeline),
  explanation: row.Explanation,
  recommendations: recommendations(row.Recommendations),
  explainedBy,
});

export const toInsight = (row: InsightRow): z.output<typeof insightJson> => ({
  kind: row.Kind,
  found: row.Found,
  agent: row.Agent,
  operation: row.Operation,
  answer: row.Answer,
  evidence: measures(row.Evidence),
  timeline: timeline(row.Timeline),
});
