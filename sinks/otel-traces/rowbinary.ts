/**
 * OTLP protobuf bytes → RowBinary rows of `otel_traces`, without span objects (design §6). Column names, types and
 * values are those of the OpenTelemetry Collector's ClickHouse exporter, then our own.
 */
import { ResourceSpans, ScopeSpans, TracesData } from '#schemas/otlp/fields.ts';
import { type Failure, guarded, lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';
import { checkRowBytes } from '../rowbinary/bound.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import { readResource, readScope } from './context.ts';
import { writeSpanRow } from './span-row.ts';

/** In the order of the bytes. */
export const OTEL_TRACES_COLUMNS = [
  'Timestamp',
  'TraceId',
  'SpanId',
  'ParentSpanId',
  'TraceState',
  'SpanName',
  'SpanKind',
  'ServiceName',
  'ResourceAttributes',
  'ScopeName',
  'ScopeVersion',
  'SpanAttributes',
  'Duration',
  'StatusCode',
  'StatusMessage',
  'Events.Timestamp',
  'Events.Name',
  'Events.Attributes',
  'Links.TraceId',
  'Links.SpanId',
  'Links.TraceState',
  'Links.Attributes',
  'TenantId',
  'ReceivedAt',
] as const;

export type Appended = { ok: true; rows: number } | Failure;

/** What stands in every row of one ResourceSpans and ScopeSpans, already as RowBinary. */
export interface RowContext {
  /** ServiceName and ResourceAttributes. */
  readonly resource: RowBuffer;
  /** ScopeName and ScopeVersion. */
  readonly scope: RowBuffer;
  /** TenantId and ReceivedAt. */
  readonly batch: RowBuffer;
}

const context: RowContext = {
  resource: new RowBuffer(4096),
  scope: new RowBuffer(512),
  batch: new RowBuffer(512),
};

/**
 * Appends one row for every span of a SpanBatch. Never throws on malformed bytes: then `out` is as before and the
 * reason says where. A start or event past 2262 is stored as the greatest DateTime64(9); a span that ends before it
 * starts, or has no end, has duration 0.
 */
export function appendSpans(
  out: RowBuffer,
  batch: { readonly tenant: string; readonly receivedAt: number; readonly otlp: Uint8Array },
): Appended {
  const before = out.length;
  context.batch.length = 0;
  context.batch.text(batch.tenant);
  context.batch.int64(Math.trunc(batch.receivedAt));
  const result = guarded((): Appended => ({ ok: true, rows: tracesData(out, before, batch.otlp) }));
  if (!result.ok) out.length = before;
  return result;
}

/** The rows written of a TracesData; `before`: the length of `out` without them. */
function tracesData(out: RowBuffer, before: number, b: Uint8Array): number {
  let rows = 0;
  const end = b.length;
  for (let p = 0; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field !== TracesData.resourceSpans) continue;
    lengthEnd(b, start, end);
    rows += resourceSpans(out, before, b, next, p);
  }
  return rows;
}

function resourceSpans(out: RowBuffer, before: number, b: Uint8Array, from: number, end: number): number {
  // First, since the resource may stand behind its spans.
  readResource(context.resource, b, from, end);
  let rows = 0;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field !== ResourceSpans.scopeSpans) continue;
    lengthEnd(b, start, end);
    rows += scopeSpans(out, before, b, next, p);
  }
  return rows;
}

function scopeSpans(out: RowBuffer, before: number, b: Uint8Array, from: number, end: number): number {
  readScope(context.scope, b, from, end);
  let rows = 0;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field !== ScopeSpans.spans) continue;
    lengthEnd(b, start, end);
    writeSpanRow(out, b, next, p, context);
    rows++;
    checkRowBytes(out.length - before, start);
  }
  return rows;
}
