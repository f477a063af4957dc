import type { Insight, InsightKind } from '#schemas/events.ts';
import type { TraceContext } from '../detectors/detector.ts';

/**
 * One question about one trace: a pure function of it. Undefined where the trace's shape does not raise the question
 * (no fan-out, no stream); an answer of `found: false` where it does and the honest answer is no. One file each here.
 */
export interface InsightRule {
  readonly kind: InsightKind;
  look(trace: TraceContext): Insight | undefined;
}
