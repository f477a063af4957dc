/**
 * OTLP protobuf bytes → rows of `otel_traces`, without span objects (design §6). Column names, types and values are
 * those of the OpenTelemetry Collector's ClickHouse exporter, then our own.
 */
import { Resource, ResourceSpans, Scope, ScopeSpans, TracesData } from '#schemas/otlp/fields.ts';
import { type Failure, guarded, next, skip, tag, varint, WireFault } from '#schemas/otlp/wire.ts';
import { eachField } from '../otlp/envelope.ts';
import { checkRowBytes, MAX_ROW_BYTES } from '../rowbinary/bound.ts';
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
  before = out.length;
  const tenantBytes = Buffer.from(batch.tenant);
  tenant = out.tenantId.dictionary.idOf(tenantBytes, 0, tenantBytes.length);
  receivedAt.clear();
  receivedAt.int64(Math.trunc(batch.receivedAt));
  scopesFirst = true;
  let result = append(out, batch, mark);
  if (!result.ok) {
    // Once more: a scope may only stand behind its spans, and what is wrong in two places is refused for the same one.
    scopesFirst = false;
    result = append(out, batch, mark);
  }
  return result;
}

function append(out: SpanColumns, { otlp }: Spans, mark: readonly number[]): Appended {
  room = MAX_ROW_BYTES;
  const result = guarded((): Appended => {
    eachField(otlp, 0, otlp.length, TracesData.resourceSpans, (b, from, end) =>
      resourceSpans(out, b, from, end),
    );
    return { ok: true, rows: out.rows - mark[0] };
  });
  if (!result.ok) out.reset(mark);
  return result;
}

// What the spans of one batch, ResourceSpans and ScopeSpans have in common.
/** What the columns held before the batch. */
let before = 0;
/** So many bytes of rows, at least, are left until MAX_ROW_BYTES: to add up what is in the columns costs more than a row. */
let room = 0;
/**
 * Scopes are taken as they are met, and one behind its spans is a fault. Otherwise they are looked for first: a walk over
 * spans that are in no cache yet.
 */
let scopesFirst = true;
/** So many rows have what they share with others. */
let shared = 0;
/** Their numbers in their columns' dictionaries. */
let tenant = 0;
let serviceName = 0;
const receivedAt = new RowBuffer(8);
const service = new RowBuffer(256);
let scopeName = 0;
let scopeNameTo = 0;
let scopeVersion = 0;
let scopeVersionTo = 0;

function resourceSpans(out: SpanColumns, b: Uint8Array, from: number, end: number): void {
  // First, since the resource may stand behind its spans.
  findLast(b, from, end, ResourceSpans.resource);
  const resource = valueFrom;
  const resourceEnd = valueTo;
  readResource(out, b, resource, resourceEnd);
  const first = out.rows;
  shared = first;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    p = skip(b, next, end, field);
    if (field === ResourceSpans.scopeSpans) scopeSpans(out, b, next, p, first);
  }
  if (out.rows > first) return;
  out.resourceAttributes.drop();
  out.resources.clear();
}

/** Its service, and its attributes: of the first of its spans, and repeated for the others. */
function readResource(out: SpanColumns, b: Uint8Array, from: number, end: number): void {
  const known = out.resources.find(b, from, end);
  if (known !== undefined) {
    serviceName = known.service;
    out.resourceAttributes.again(known.attributes);
    return;
  }
  service.clear();
  writeServiceName(service, b, from, end);
  varint(service.whole, 0, service.length);
  serviceName = out.serviceName.dictionary.idOf(service.whole, next, service.length);
  out.resourceAttributes.add(b, from, end, Resource.attributes);
  out.resources.keep({ service: serviceName, attributes: out.resourceAttributes.lastPlace });
}

/** A byte of a span becomes no more than so many: `"\\u003c"` of `<`, an unsupported number's text of nine. */
const GROWTH = 16;
/** What a row has whatever its span is: ids, times, numbers. */
const FIXED = 512;

function scopeSpans(out: SpanColumns, b: Uint8Array, from: number, end: number, first: number): void {
  if (scopesFirst) readScope(b, from, from);
  else {
    findLast(b, from, end, ScopeSpans.scope);
    readScope(b, valueFrom, valueTo);
  }
  const rowsBefore = out.rows;
  let bytes = sharedBytes(out);
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field !== ScopeSpans.spans) {
      if (field !== ScopeSpans.scope || !scopesFirst) continue;
      if (out.rows > rowsBefore) throw new WireFault('scope behind its spans', start);
      readScope(b, next, p);
      bytes = sharedBytes(out);
      continue;
    }
    const size = p - next;
    writeSpanRow(out, b, next, p);
    out.rows++;
    room -= size * GROWTH + bytes;
    if (room >= 0) continue;
    share(out, b, first);
    checkRowBytes(out.length - before, start);
    room = MAX_ROW_BYTES - (out.length - before);
  }
  share(out, b, first);
}

/** What a row has of FIXED, its resource and its scope. */
const sharedBytes = (out: SpanColumns): number =>
  FIXED + out.resourceAttributes.lastBytes + scopeNameTo - scopeName + scopeVersionTo - scopeVersion;

/** Appends to the rows that have not got it yet what the spans of one resource and scope have in common. */
function share(out: SpanColumns, b: Uint8Array, first: number): void {
  const rows = out.rows - shared;
  if (rows === 0) return;
  out.serviceName.ids.fill(serviceName, rows);
  out.resourceAttributes.repeat(shared === first ? rows - 1 : rows);
  repeated(out.scopeName.values, b, scopeName, scopeNameTo, rows);
  repeated(out.scopeVersion.values, b, scopeVersion, scopeVersionTo, rows);
  out.tenantId.ids.fill(tenant, rows);
  out.receivedAt.values.raw(receivedAt.whole, 0, 8);
  out.receivedAt.values.repeat(8, rows - 1);
  shared = out.rows;
}

function repeated(out: RowBuffer, b: Uint8Array, from: number, to: number, times: number): void {
  const before = out.length;
  out.string(b, from, to);
  out.repeat(out.length - before, times - 1);
}

function readScope(b: Uint8Array, from: number, end: number): void {
  findLast(b, from, end, Scope.name);
  scopeName = valueFrom;
  scopeNameTo = valueTo;
  findLast(b, from, end, Scope.version);
  scopeVersion = valueFrom;
  scopeVersionTo = valueTo;
}
