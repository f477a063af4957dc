import type { InsightRule } from '#processors/insights/insight.ts';
import type { Insight } from '#schemas/events.ts';
import type { TraceContext } from '../detectors/detector.ts';
import { chain } from './chain.ts';
import { criticalPathBranch } from './critical-path.ts';
import { human } from './human.ts';
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
  return INSIGHT_RULES.flatMap((rule) => rule.look(trace) ?? []);
}
