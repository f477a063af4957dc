import { human } from '#processors/insights/human.ts';
import type { InsightRule } from '#processors/insights/insight.ts';
import { payload } from '#processors/insights/payload.ts';
import { retries } from '#processors/insights/retries.ts';
import { stream } from '#processors/insights/stream.ts';
import type { Insight } from '#schemas/events.ts';
import type { TraceContext } from '../detectors/detector.ts';
import { chain } from './chain.ts';
import { criticalPathBranch } from './critical-path.ts';
import { steps } from './steps.ts';
import { straggler } from './straggler.ts';

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
