import type { Insight } from '#schemas/events.ts';
import type { TraceContext } from '../detectors/detector.ts';
import { chain } from './chain.ts';
import { criticalPathBranch } from './critical-path.ts';
import type { InsightRule } from './insight.ts';
import { retries } from './retries.ts';
import { straggler } from './straggler.ts';

/** Every question, in the order of INSIGHT_KINDS. */
export const INSIGHT_RULES: readonly InsightRule[] = [straggler, chain, retries, criticalPathBranch];

/** What the trace alone reveals. */
export function insightsOf(trace: TraceContext): Insight[] {
  return INSIGHT_RULES.flatMap((rule) => rule.look(trace) ?? []);
}
