/** Rows of ati_incident_events (and of the view over it) as events again. */
import type { IncidentEvent, Measure, Recommendation, TimelineEntry } from '#schemas/events.ts';

/** Times in unix ms; ClickHouse gives 64-bit integers as strings. */
export const INCIDENT_COLUMNS = `TenantId, IncidentId, Revision, Event, Kind, Severity, Episode, Settled, Agent,
  Operation, Signature, toUnixTimestamp64Milli(WindowStart) AS windowStartMs,
  toUnixTimestamp64Milli(WindowEnd) AS windowEndMs, toUnixTimestamp64Milli(OpenedAt) AS openedAtMs,
  toUnixTimestamp64Milli(At) AS atMs, Title, Explanation, Evidence, Timeline, Recommendations, ExemplarTraceIds,
  AffectedTraces, ThresholdsDigest, ContentDigest, EvidenceTraceId, Explains, AcknowledgedBy,
  toUnixTimestamp64Milli(AcknowledgedAt) AS acknowledgedAtMs, toUnixTimestamp64Milli(MutedUntil) AS mutedUntilMs, Note`;

export interface MeasureRow {
  readonly Name: string;
  readonly Value: number;
  readonly Unit: string;
}
export interface TimelineRow {
  readonly Label: string;
  readonly StartMs: number;
  readonly DurationMs: number;
  readonly Outcome: string;
}
export interface RecommendationRow {
  readonly Action: string;
  readonly Text: string;
}

interface ExplainedRow {
  readonly IncidentId: string;
  readonly Kind: string;
  readonly Agent: string;
  readonly Operation: string;
  readonly Signature: string;
}

export interface IncidentRow {
  readonly TenantId: string;
  readonly IncidentId: string;
  readonly Revision: number;
  readonly Event: IncidentEvent['event'];
  readonly Kind: IncidentEvent['kind'];
  readonly Severity: IncidentEvent['severity'];
  readonly Episode: number;
  readonly Settled: boolean;
  readonly Agent: string;
  readonly Operation: string;
  readonly Signature: string;
  readonly windowStartMs: string;
  readonly windowEndMs: string;
  readonly openedAtMs: string;
  readonly atMs: string;
  readonly Title: string;
  readonly Explanation: string;
  readonly Evidence: readonly MeasureRow[];
  readonly Timeline: readonly TimelineRow[];
  readonly Recommendations: readonly RecommendationRow[];
  readonly ExemplarTraceIds: readonly string[];
  readonly AffectedTraces: number;
  readonly ThresholdsDigest: string;
  readonly ContentDigest: string;
  readonly EvidenceTraceId: string;
  readonly Explains: readonly ExplainedRow[];
  readonly AcknowledgedBy: string;
  readonly acknowledgedAtMs: string;
  readonly mutedUntilMs: string;
  readonly Note: string;
}

export const measures = (rows: readonly MeasureRow[]): Measure[] =>
  rows.map((row) => ({ name: row.Name, value: row.Value, unit: row.Unit }));

export const timeline = (rows: readonly TimelineRow[]): TimelineEntry[] =>
  rows.map((row) => ({
    label: row.Label,
    startMs: row.StartMs,
    durationMs: row.DurationMs,
    outcome: row.Outcome,
  }));

export const recommendations = (rows: readonly RecommendationRow[]): Recommendation[] =>
  rows.map((row) => ({ action: row.Action, text: row.Text }));

export function toIncidentEvent(row: IncidentRow): IncidentEvent {
  return {
    incidentId: row.IncidentId,
    tenant: row.TenantId,
    event: row.Event,
    kind: row.Kind,
    severity: row.Severity,
    episode: row.Episode,
    revision: row.Revision,
    settled: row.Settled,
    agent: row.Agent,
    operation: row.Operation,
    signature: row.Signature,
    windowStart: Number(row.windowStartMs),
    windowEnd: Number(row.windowEndMs),
    openedAt: Number(row.openedAtMs),
    at: Number(row.atMs),
    title: row.Title,
    explanation: row.Explanation,
    evidence: measures(row.Evidence),
    timeline: timeline(row.Timeline),
    recommendations: recommendations(row.Recommendations),
    exemplarTraceIds: [...row.ExemplarTraceIds],
    affectedTraces: row.AffectedTraces,
    thresholdsDigest: row.ThresholdsDigest,
    contentDigest: row.ContentDigest,
    evidenceTraceId: row.EvidenceTraceId,
    explains: row.Explains.map((symptom) => ({
      incidentId: symptom.IncidentId,
      kind: symptom.Kind,
      agent: symptom.Agent,
      operation: symptom.Operation,
      signature: symptom.Signature,
    })),
    acknowledgedBy: row.AcknowledgedBy,
    acknowledgedAt: Number(row.acknowledgedAtMs),
    mutedUntil: Number(row.mutedUntilMs),
    note: row.Note,
  };
}
