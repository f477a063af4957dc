import type { Finding, TraceSummary } from '#schemas/events.ts';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import type { TraceContext, TraceFact } from './detectors/detector.ts';
import type { ConfiguredDetectors } from './detectors/registry.ts';
import { markRoots } from './detectors/roots.ts';
import { type AnalysedSignal, signalsOf } from './detectors/signals.ts';
import { insightsOf } from './insights/registry.ts';
import { buildTraceView } from './trace/build.ts';
import { criticalPath, pathRoot } from './trace/critical-path.ts';
import { traceGraph } from './trace/graph.ts';
import { lendArrays, takeArraysBack } from './trace/lent.ts';
import { normalise } from './trace/normalise.ts';
import { pathSegments } from './trace/path-segments.ts';
import { pathShares } from './trace/shares.ts';
import type { TraceView } from './trace/view.ts';

export type { AnalysedSignal } from './detectors/signals.ts';

/** Everything ATI derives from one trace alone: the caller adds what it knows of the log. */
export interface TraceAnalysis extends Omit<TraceSummary, 'revision' | 'source' | 'firstOffset' | 'partial'> {
  /** The root's end, without a root the greatest end; unix ms, not clamped. */
  readonly eventTimeMs: number;
  /** One for each (scope, agent, operation), sorted by them. */
  readonly signals: AnalysedSignal[];
}

function greatestEnd(view: TraceView): number {
  let greatest = 0;
  for (let row = 0; row < view.n; row++) greatest = Math.max(greatest, view.end[row]);
  return greatest;
}

function errorCount(view: TraceView): number {
  let count = 0;
  for (let row = 0; row < view.n; row++) if (view.status[row] === 2) count++;
  return count;
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
  for (const { detector, config } of detectors.all) {
    const result = detector.inTrace(context, config);
    for (const finding of result.findings) found.push(finding);
    for (const fact of result.facts) facts.push(fact);
  }
  const findings = markRoots(found, context);
  const graph = traceGraph(view, critical);
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
    nodes: graph.nodes,
    edges: graph.edges,
    findings,
    insights: insightsOf(context),
    shares: pathShares(view, critical),
    eventTimeMs: Number((view.startUnixNano + BigInt(end)) / 1_000_000n),
    signals: signalsOf(view, facts, findings),
  };
}

/**
 * The analysis of one trace's spans: their order and duplicates do not matter. `columns` hold at least one row, all of
 * `traceId` (32 hex digits).
 *
 * Without a root the root's names are those of the longest orphan, its id is empty, and the duration reaches from the
 * earliest start to the greatest end.
 */
export function analyseTrace(
  tenant: string,
  traceId: string,
  columns: SpanColumns,
  detectors: ConfiguredDetectors,
): TraceAnalysis {
  lendArrays();
  try {
    return analyseView(tenant, traceId, buildTraceView(columns), detectors);
  } finally {
    takeArraysBack();
  }
}
