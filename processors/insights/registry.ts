import type { Insight } from '#schemas/events.ts';
import type { TraceContext } from '../detectors/detector.ts';
import { chain } from './chain.ts';
import { criticalPathBranch } from './critical-path.ts';
import { human } from './human.ts';
import type { InsightRule } from './insight.ts';
import { payload } from './payload.ts';
import { retries } from './retries.ts';
import { steps } from './steps.ts';
import { straggler } from './straggler.ts';
import { stream } from './stream.ts';

/** Every question, in the order of INSIGHT_KINDS. */
export const INSIGHT_RULES: readonly InsightRule[] = [
  straggler,
  chain,
  retries,
  criticalPathBranch,
  steps,
  human,
  payload,
  stream,
];

/** What the trace alone reveals. */
export function insightsOf(trace: TraceContext): Insight[] {
  const insights: Insight[] = [];
  for (const rule of INSIGHT_RULES) {
    const insight = rule.look(trace);
    if (insight !== undefined) insights.push(insight);
  }
  return insights;
}
