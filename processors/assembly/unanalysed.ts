import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { NO_LISTS } from '#schemas/write-summary.ts';
import type { TraceAnalysis } from '../analyse.ts';

/** Greatest value of an Avro long. */
const MAX_LONG = 2n ** 63n - 1n;

/**
 * What stands for the analysis of a trace that a bug has kept from being analysed three times: that it was there, from when to
 * when and of how many spans. On ati.traces it is the trace's tombstone after a restart, as any summary is: without it a
 * late span would begin the trace anew.
 */
export function unanalysed(tenant: string, traceId: string, columns: SpanColumns): TraceAnalysis {
  let start = MAX_LONG;
  let end = 0n;
  let errorCount = 0;
  for (let row = 0; row < columns.n; row++) {
    const from = nanos(columns, row * 4);
    const to = nanos(columns, row * 4 + 2);
    if (from < start) start = from;
    if (to > end) end = to;
    if (columns.status[row] === 2) errorCount++;
  }
  return {
    tenant,
    traceId,
    rootSpanId: '',
    rootService: '',
    rootAgent: '',
    rootOperation: '',
    startUnixNano: start,
    durationNs: Number(end > start ? end - start : 0n),
    spanCount: columns.n,
    errorCount,
    lists: NO_LISTS,
    findings: [],
    insights: [],
    eventTimeMs: Number(end / 1_000_000n),
    signals: [],
  };
}

function nanos({ time }: SpanColumns, at: number): bigint {
  const value = (BigInt(time[at + 1]) << 32n) | BigInt(time[at]);
  return value > MAX_LONG ? MAX_LONG : value;
}
