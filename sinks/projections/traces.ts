import { decodeAs } from '#schemas/codec.ts';
import type { TraceSummary } from '#schemas/events.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { writeFindings, writeInsights, writeSource } from './parts.ts';
import type { Projection } from './projection.ts';
import { copyTrace } from './trace-copy.ts';

export const traces: Projection = {
  name: 'traces',
  topic: 'traces',
  table: 'ati_traces',
  columns: [
    'TenantId',
    'TraceId',
    'Revision',
    'Partial',
    'RootSpanId',
    'RootService',
    'RootAgent',
    'RootOperation',
    'Start',
    'Duration',
    'SpanCount',
    'ErrorCount',
    'Path',
    'Nodes',
    'Edges',
    'Findings',
    'ExplainedBy',
    'Insights',
    'Shares',
    'SourcePartition',
    'SourceOffset',
    'SourceClock',
  ],
  append(out: RowBuffer, value) {
    if (copyTrace(out, value)) return { ok: true, rows: 1 };
    const decoded = decodeAs('TraceSummary', value);
    if (!decoded.ok) return decoded;
    writeTrace(out, decoded.value);
    return { ok: true, rows: 1 };
  },
};

/** What `copyTrace` writes too, of any version. */
export function writeTrace(out: RowBuffer, trace: TraceSummary): void {
  out.text(trace.tenant);
  out.text(trace.traceId);
  out.uint32(trace.revision);
  out.uint8(trace.partial ? 1 : 0);
  out.text(trace.rootSpanId);
  out.text(trace.rootService);
  out.text(trace.rootAgent);
  out.text(trace.rootOperation);
  out.int64(trace.startUnixNano);
  out.int64(trace.durationNs);
  out.uint32(trace.spanCount);
  out.uint32(trace.errorCount);
  out.array(trace.path, (segment) => {
    out.text(segment.spanId);
    out.text(segment.role);
    out.text(segment.service);
    out.text(segment.operation);
    out.int64(segment.startNs);
    out.int64(segment.endNs);
    out.text(segment.type);
  });
  out.array(trace.nodes, (node) => {
    out.uint32(node.id);
    out.text(node.role);
    out.text(node.service);
    out.text(node.agent);
    out.text(node.operation);
    out.uint32(node.count);
    out.uint32(node.errors);
    out.int64(node.totalNs);
    out.int64(node.pathNs);
  });
  out.array(trace.edges, (edge) => {
    out.uint32(edge.from);
    out.uint32(edge.to);
    out.uint32(edge.count);
    out.text(edge.type);
  });
  writeFindings(out, trace.findings);
  out.array(trace.findings, (finding) => out.text(finding.explainedBy));
  writeInsights(out, trace.insights);
  out.array(trace.shares, (share) => {
    out.text(share.type);
    out.text(share.role);
    out.text(share.service);
    out.text(share.agent);
    out.text(share.operation);
    out.text(share.instance);
    out.text(share.callerService);
    out.text(share.callerOperation);
    out.uint32(share.spans);
    out.uint32(share.errors);
    out.int64(share.pathNs);
    out.int64(share.dragNs);
  });
  writeSource(out, trace.source);
}
