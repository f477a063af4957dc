import type { ConfiguredDetectors } from '#processors/detectors/registry.ts';
import { markRoots } from '#processors/detectors/roots.ts';
import type { TraceView } from '#processors/trace/view.ts';
import type { Finding, TraceSummary } from '#schemas/events.ts';
import type { TraceContext, TraceFact } from './detectors/detector.ts';
import { DETECTORS } from './detectors/registry.ts';
import { type AnalysedSignal, signalsOf } from './detectors/signals.ts';
import { insightsOf } from './insights/registry.ts';
import { criticalPath, pathRoot } from './trace/critical-path.ts';
import { traceGraph } from './trace/graph.ts';
import { normalise } from './trace/normalise.ts';
import { pathSegments } from './trace/path-segments.ts';
import { pathShares } from './trace/shares.ts';

export type { AnalysedSignal } from './detectors/signals.ts';

/** Everything ATI derives from one trace alone: the caller adds what it knows of the log. */
export interface TraceAnalysis extends Omit<TraceSummary, 'revision' | 'source' | 'firstOffset' | 'partial'> {
  /** The root's end, without a root the greatest end; unix ms, not clamped. */
  readonly eventTimeMs: number;
  /** One for each (scope, agent, operation), sorted by them. */
  readonly signals: AnalysedSignal[];
}

function greatestEnd(view: TraceView): number {
  return view.end.reduce((a, b) => Math.max(a, b), 0);
}

function errorCount(view: TraceView): number {
  return view.status.reduce((count, status) => count + (status === 2 ? 1 : 0), 0);
}

/** One trace: its summary and its signals. A pure function of the view. */
export function analyseView(
  tenant: string,
  traceId: string,
  view: TraceView,
  detectors: ConfiguredDetectors,
): TraceAnalysis {
  const critical = criticalPath(view);
  const context: TraceContext = { tenant, view, critical };
  const found: Finding[] = [];
  const facts: TraceFact[] = [];
  for (const detector of DETECTORS) {
    const result = detector.inTrace(context, detectors.get(detector.kind).config);
    found.push(...result.findings);
    facts.push(...result.facts);
  }
  const findings = markRoots(found, context);
  const { root } = view;
  const top = pathRoot(view);
  const end = root < 0 ? greatestEnd(view) : view.end[root];
  return {
    tenant,
    traceId,
    rootSpanId: root < 0 ? '' : view.spanId(root),
    rootService: view.strings[view.service[top]],
    rootAgent: normalise(view.strings[view.agent[top]]),
    rootOperation: view.strings[view.operation[top]],
    startUnixNano: view.startUnixNano,
    durationNs: root < 0 ? end : view.end[root] - view.start[root],
    spanCount: view.n,
    errorCount: errorCount(view),
    path: pathSegments(view, critical),
    ...traceGraph(view, critical),
    findings,
    insights: insightsOf(context),
    shares: pathShares(view, critical),
    eventTimeMs: Number((view.startUnixNano + BigInt(end)) / 1_000_000n),
    signals: signalsOf(view, facts, findings),
  };
}
