/** For tests of the assembly: an "analysis" that shows exactly which spans it saw, in whatever order they came. */
import { createHash } from 'node:crypto';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { NO_LISTS } from '#schemas/write-summary.ts';
import type { TraceAnalysis } from '../analyse.ts';

export function fakeAnalyse(tenant: string, traceId: string, columns: SpanColumns): TraceAnalysis {
  const ids: string[] = [];
  const operations = new Map<string, number>();
  let root = '';
  let endMs = 0;
  for (let row = 0; row < columns.n; row++) {
    const id = Buffer.from(columns.spanId.subarray(row * 8, row * 8 + 8)).toString('hex');
    ids.push(id);
    const at = columns.nameOffset[row];
    const name = Buffer.from(
      columns.buffers[columns.buffer[row]].subarray(at, at + columns.nameLength[row]),
    ).toString('utf8');
    // An operation of one call only comes and goes with revisions, so that empty signals are met too.
    operations.set(name, (operations.get(name) ?? 0) + 1);
    if (columns.parentId.subarray(row * 8, row * 8 + 8).every((byte) => byte === 0)) root = id;
    endMs = Math.max(endMs, (columns.time[row * 4 + 3] * 2 ** 32 + columns.time[row * 4 + 2]) / 1e6);
  }
  const digest = createHash('sha256').update(ids.sort().join()).digest('hex');
  return {
    tenant,
    traceId,
    rootSpanId: root,
    rootService: digest,
    rootAgent: 'agent',
    rootOperation: 'op',
    startUnixNano: 0n,
    durationNs: 0,
    spanCount: columns.n,
    errorCount: 0,
    lists: NO_LISTS,
    findings: [],
    insights: [],
    eventTimeMs: endMs,
    signals: [...operations]
      .filter(([, calls]) => calls % 2 === 1)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([operation, calls]) => ({
        scope: 'operation' as const,
        agent: 'agent',
        operation,
        calls,
        errors: 0,
        durationMs: calls,
        facts: [],
        findings: [],
        callees: [],
      })),
  };
}
