import type { Insight } from '#schemas/events.ts';
import type { TraceContext } from '../detectors/detector.ts';
import type { InsightRule } from './insight.ts';

/** Every question, in the order of INSIGHT_KINDS. */
export const INSIGHT_RULES: readonly InsightRule[] = [];

/** What the trace alone reveals. */
export function insightsOf(trace: TraceContext): Insight[] {
  return INSIGHT_RULES.flatMap((rule) => rule.look(trace) ?? []);
}
