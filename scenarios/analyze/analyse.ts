/** Files' spans through both stages of the pipeline, in the virtual time that the spans themselves say. */
import { runPipeline } from '#processors/testing/pipeline.ts';
import { buildTraceView } from '#processors/trace/build.ts';
import type { IncidentEvent, TraceSummary } from '#schemas/events.ts';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { byTrace, messageOf } from './by-trace.ts';

export interface AnalysedTrace {
  readonly summary: TraceSummary;
  /** Files (positions) that it has spans from. */
  readonly files: readonly number[];
  /** Copies of spans that are there already. */
  readonly duplicates: number;
}

export interface Analysis {
  /** In order of their starts. */
  readonly traces: readonly AnalysedTrace[];
  /** Every version of each incident, in order of revision; incidents in order of their opening. */
  readonly incidents: readonly (readonly IncidentEvent[])[];
}

/** The tenant of spans that come without a token. */
const TENANT = 'default';
/** Past the last trace: its windows close, and a trace without a root reaches the hard cap. */
const TAIL_MS = 600_000;

/**
 * When the spans of a trace arrive: all at once at its end (the root's, else the last one's), as if each had been
 * exported when it ended. So a trace closes a quiet gap later and falls into the windows that it would have fallen into
 * live, whatever today is, and nothing of a file is late.
 */
function arrivalMs(columns: SpanColumns): number {
  const { root, end, startUnixNano } = buildTraceView(columns);
  const lastNs = root >= 0 ? end[root] : end.reduce((a, b) => Math.max(a, b), 0);
  return Number((startUnixNano + BigInt(lastNs)) / 1_000_000n);
}

/** `files[i]` are the messages of file i, as the door lets them through. */
export function analyse(files: readonly (readonly Uint8Array[])[]): Analysis {
  const traces = byTrace(files);
  const batches = traces
    .map(({ columns, traceId }) => ({ columns, traceId, at: arrivalMs(columns) }))
    .sort((a, b) => a.at - b.at || (a.traceId < b.traceId ? -1 : 1))
    .map(({ columns, at }) => ({
      // One partition has one clock: no ticks are needed for the others to follow.
      partition: 0,
      batch: { tenant: TENANT, receivedAt: at, spanCount: columns.n, otlp: messageOf(columns) },
    }));
  const last = batches.at(-1)?.batch.receivedAt ?? 0;
  const {
    traces: summaries,
    incidents,
    deadLetters,
  } = runPipeline(batches, {
    partitions: 1,
    until: last + TAIL_MS,
    // Memory is bounded by the files, which have been read already.
    assembly: { maxSpans: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY },
  });
  if (deadLetters.length > 0)
    throw new Error(`the pipeline refused what the door let through: ${deadLetters[0]}`);
  const summaryOf = new Map(summaries.map((summary) => [summary.traceId, summary]));
  const analysed = traces.map(({ traceId, columns, files: from }): AnalysedTrace => {
    const summary = summaryOf.get(traceId);
    if (summary === undefined) throw new Error(`trace ${traceId} did not close`);
    return { summary, files: from, duplicates: columns.n - summary.spanCount };
  });
  return {
    traces: analysed.sort((a, b) => compare(a.summary.startUnixNano, b.summary.startUnixNano)),
    incidents: [...Map.groupBy(incidents, ({ incidentId }) => incidentId).values()],
  };
}

const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
