import { viewSpanBatch } from '#schemas/codec.ts';
import { appendSpans, OTEL_TRACES_COLUMNS } from '../otel-traces/append.ts';
import { SpanColumns } from '../otel-traces/span-columns.ts';
import type { Projection } from './projection.ts';

export const spans: Projection = {
  name: 'spans',
  topic: 'spans',
  table: 'otel_traces',
  columns: OTEL_TRACES_COLUMNS,
  newRows: () => new SpanColumns(),
  append(out: SpanColumns, value) {
    const batch = viewSpanBatch(value);
    if (!batch.ok) return batch;
    return batch.value.otlp.length === 0 ? { ok: true, rows: 0 } : appendSpans(out, batch.value);
  },
};
