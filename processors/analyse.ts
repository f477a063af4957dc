import type { Fact, Finding, Signal, TraceSummary } from '#schemas/events.ts';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import type { ConfiguredDetectors } from './detectors/registry.ts';

/** What one trace says about one agent operation, or (scope `instance`) about one service.instance.id. */
export interface AnalysedSignal {
  readonly scope: Signal['scope'];
  /** Normalised; with scope `instance` the service.name. */
  readonly agent: string;
  /** Normalised; with scope `instance` the service.instance.id as it is. */
  readonly operation: string;
  readonly calls: number;
  readonly errors: number;
  /** Time in which at least one of its calls ran, ms. */
  readonly durationMs: number;
  readonly facts: Fact[];
  readonly findings: Finding[];
}

/** Everything ATI derives from one trace alone: the caller adds what it knows of the log. */
export interface TraceAnalysis extends Omit<TraceSummary, 'revision' | 'source' | 'firstOffset' | 'partial'> {
  /** The root's end, without a root the greatest end; unix ms, not clamped. */
  readonly eventTimeMs: number;
  /** One for each (scope, agent, operation), sorted by them. */
  readonly signals: AnalysedSignal[];
}

export type AnalyseTrace = (
  tenant: string,
  traceId: string,
  columns: SpanColumns,
  detectors: ConfiguredDetectors,
) => TraceAnalysis;
