/** RowBinary of what several tables share. */
import type { Finding, Insight, Measure, Recommendation, Source, TimelineEntry } from '#schemas/events.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';

/** Array(Tuple(Name String, Value Float64, Unit String)) */
export function writeMeasures(out: RowBuffer, measures: readonly Measure[]): void {
  out.array(measures, (measure) => {
    out.text(measure.name);
    out.float64(measure.value);
    out.text(measure.unit);
  });
}

/** Array(Tuple(Label String, StartMs Float64, DurationMs Float64, Outcome String)) */
export function writeTimeline(out: RowBuffer, timeline: readonly TimelineEntry[]): void {
  out.array(timeline, (entry) => {
    out.text(entry.label);
    out.float64(entry.startMs);
    out.float64(entry.durationMs);
    out.text(entry.outcome);
  });
}

/** Array(Tuple(Action String, Text String)) */
export function writeRecommendations(out: RowBuffer, recommendations: readonly Recommendation[]): void {
  out.array(recommendations, (recommendation) => {
    out.text(recommendation.action);
    out.text(recommendation.text);
  });
}

/** Column Findings. */
export function writeFindings(out: RowBuffer, findings: readonly Finding[]): void {
  out.array(findings, (finding) => {
    out.text(finding.kind);
    out.text(finding.incidentId);
    out.text(finding.severity);
    out.text(finding.agent);
    out.text(finding.operation);
    out.text(finding.signature);
    out.uint8(finding.root ? 1 : 0);
    writeMeasures(out, finding.evidence);
    writeTimeline(out, finding.timeline);
    out.text(finding.explanation);
    writeRecommendations(out, finding.recommendations);
  });
}

/** Column Insights. */
export function writeInsights(out: RowBuffer, insights: readonly Insight[]): void {
  out.array(insights, (insight) => {
    out.text(insight.kind);
    out.uint8(insight.found ? 1 : 0);
    out.text(insight.agent);
    out.text(insight.operation);
    out.text(insight.answer);
    writeMeasures(out, insight.evidence);
    writeTimeline(out, insight.timeline);
  });
}

/** SourcePartition, SourceOffset, SourceClock. */
export function writeSource(out: RowBuffer, source: Source): void {
  out.uint32(source.partition);
  out.int64(source.offset);
  out.int64(source.clock);
}
