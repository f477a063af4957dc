/**
 * OTLP protobuf bytes → rows of `otel_traces`, without span objects (design §6). Column names, types and values are
 * those of the OpenTelemetry Collector's ClickHouse exporter, then our own.
 */
import { Resource, ResourceSpans, Scope, ScopeSpans, TracesData } from '#schemas/otlp/fields.ts';
import { type Failure, guarded, lengthEnd, next, skip, tag, varint } from '#schemas/otlp/wire.ts';
import { eachField } from '../otlp/envelope.ts';
import { Ranges } from '../otlp/ranges.ts';
import { checkRowBytes } from '../rowbinary/bound.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import { writeServiceName } from './context.ts';
import { findLast, valueFrom, valueTo } from './last-field.ts';
import { SpanColumns } from './span-columns.ts';
import { writeSpanRow } from './span-row.ts';

/** In the order in which they are sent. */
export const OTEL_TRACES_COLUMNS = new SpanColumns().names;

export type Appended = { ok: true; rows: number } | Failure;

export interface Spans {
  readonly tenant: string;
  readonly receivedAt: number;
  readonly otlp: Uint8Array;
}

/**
 * Appends one row for every span of a SpanBatch. Never throws on malformed bytes: then `out` is as before and the
 * reason says where. A start or event past 2262 is stored as the greatest DateTime64(9); a span that ends before it
 * starts, or has no end, has duration 0.
 */
export function appendSpans(out: SpanColumns, batch: Spans): Appended {
  const mark = out.mark();
  const before = out.length;
  const tenantBytes = Buffer.from(batch.tenant);
  tenant = out.tenantId.dictionary.idOf(tenantBytes, 0, tenantBytes.length);
  receivedAt.clear();
  receivedAt.int64(Math.trunc(batch.receivedAt));
  const result = guarded((): Appended => {
    eachField(batch.otlp, 0, batch.otlp.length, TracesData.resourceSpans, (b, from, end) =>
      resourceSpans(out, before, b, from, end),
    );
    return { ok: true, rows: out.rows - mark[0] };
  });
  if (!result.ok) out.reset(mark);
  return result;
}

// What the spans of one batch, ResourceSpans and ScopeSpans have in common.
/** Their numbers in their columns' dictionaries. */
let tenant = 0;
let serviceName = 0;
const receivedAt = new RowBuffer(8);
const service = new RowBuffer(256);
const attributes = new Ranges();
let scopeName = 0;
let scopeNameTo = 0;
let scopeVersion = 0;
let scopeVersionTo = 0;

function resourceSpans(out: SpanColumns, before: number, b: Uint8Array, from: number, end: number): void {
  // First, since the resource may stand behind its spans.
  findLast(b, from, end, ResourceSpans.resource);
  const resource = valueFrom;
  const resourceEnd = valueTo;
  service.clear();
  writeServiceName(service, b, resource, resourceEnd);
  varint(service.whole, 0, service.length);
  serviceName = out.serviceName.dictionary.idOf(service.whole, next, service.length);
  attributes.n = 0;
  eachField(b, resource, resourceEnd, Resource.attributes, (_b, pair, pairEnd) =>
    attributes.add(pair, pairEnd),
  );
  // Of the first of its spans, and repeated for the others.
  out.resourceAttributes.add(b, attributes);
  const first = out.rows;
  eachField(b, from, end, ResourceSpans.scopeSpans, (_b, scopeFrom, scopeEnd) =>
    scopeSpans(out, before, b, scopeFrom, scopeEnd, first),
  );
  if (out.rows === first) out.resourceAttributes.drop();
}

function scopeSpans(
  out: SpanColumns,
  before: number,
  b: Uint8Array,
  from: number,
  end: number,
  first: number,
): void {
  readScope(b, from, end);
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field !== ScopeSpans.spans) continue;
    lengthEnd(b, start, end);
    writeSpanRow(out, b, next, p);
    out.serviceName.ids.push(serviceName);
    if (out.rows > first) out.resourceAttributes.repeat();
    out.scopeName.values.string(b, scopeName, scopeNameTo);
    out.scopeVersion.values.string(b, scopeVersion, scopeVersionTo);
    out.tenantId.ids.push(tenant);
    out.receivedAt.values.raw(receivedAt.whole, 0, 8);
    out.rows++;
    checkRowBytes(out.length - before, start);
  }
}

function readScope(b: Uint8Array, from: number, end: number): void {
  findLast(b, from, end, ScopeSpans.scope);
  const scope = valueFrom;
  const scopeEnd = valueTo;
  findLast(b, scope, scopeEnd, Scope.name);
  scopeName = valueFrom;
  scopeNameTo = valueTo;
  findLast(b, scope, scopeEnd, Scope.version);
  scopeVersion = valueFrom;
  scopeVersionTo = valueTo;
}
