import type { Finding } from '#schemas/events.ts';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import type { SummaryFields, WrittenLists } from '#schemas/write-summary.ts';
import type { TraceContext, TraceFact } from './detectors/detector.ts';
import type { ConfiguredDetectors } from './detectors/registry.ts';
import { markRoots } from './detectors/roots.ts';
import { type AnalysedSignal, signalsOf } from './detectors/signals.ts';
import { insightsOf } from './insights/registry.ts';
import { buildTraceView } from './trace/build.ts';
import { criticalPath, pathRoot } from './trace/critical-path.ts';
import { lendArrays, takeArraysBack } from './trace/lent.ts';
import { TraceLists } from './trace/lists.ts';
import { nameOf } from './trace/names.ts';
import type { TraceView, WritableView } from './trace/view.ts';

export type { AnalysedSignal } from './detectors/signals.ts';

/** Everything ATI derives from one trace alone: the caller adds what it knows of the log. */
export interface TraceAnalysis
  extends Omit<SummaryFields, 'revision' | 'source' | 'firstOffset' | 'partial'> {
  /** Its path, nodes, edges and shares, until the next trace is analysed. */
  readonly lists: WrittenLists;
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

const lists = new TraceLists();

/** One trace: its summary and its signals. A pure function of the view. */
export function analyseView(
  tenant: string,
  traceId: string,
  view: WritableView,
  detectors: ConfiguredDetectors,
): TraceAnalysis {
  const critical = criticalPath(view);
  const context: TraceContext = { tenant, view, critical };
  const found: Finding[] = [];
  const facts: TraceFact[] = [];
  const { all } = detectors;
  for (let i = 0; i < all.length; i++) {
    const result = all[i].detector.inTrace(context, all[i].config);
    for (let at = 0; at < result.findings.length; at++) found.push(result.findings[at]);
    for (let at = 0; at < result.facts.length; at++) facts.push(result.facts[at]);
  }
  const findings = markRoots(found, context);
  lists.write(view, critical);
  const { root } = view;
  const top = pathRoot(view);
  const end = root < 0 ? greatestEnd(view) : view.end[root];
  return {
    tenant,
    traceId,
    rootSpanId: root < 0 ? '' : view.spanId(root),
    rootService: view.strings[view.service[top]],
    rootAgent: nameOf(view.strings[view.agent[top]]).normal.text,
    rootOperation: view.strings[view.operation[top]],
    startUnixNano: view.startUnixNano,
    durationNs: root < 0 ? end : view.end[root] - view.start[root],
    spanCount: view.n,
    errorCount: errorCount(view),
    lists,
    findings,
    insights: insightsOf(context),
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
