/** For tests: the insights of a trace given as spans. */
import type { Insight, InsightKind } from '#schemas/events.ts';
import { criticalPath } from '../trace/critical-path.ts';
import { type TestSpan, viewOf } from '../trace/testkit.ts';
import { insightsOf } from './registry.ts';

export function insightsIn(spans: readonly TestSpan[]): Insight[] {
  const view = viewOf(spans);
  return insightsOf({ tenant: 'default', view, critical: criticalPath(view) });
}

/** The insight of one kind; undefined where the trace does not raise the question. */
export function insightIn(kind: InsightKind, spans: readonly TestSpan[]): Insight | undefined {
  return insightsIn(spans).find((insight) => insight.kind === kind);
}

/** Evidence by name. */
export function numbersOf(insight: Insight | undefined): Record<string, number> {
  return Object.fromEntries((insight?.evidence ?? []).map(({ name, value }) => [name, value]));
}
