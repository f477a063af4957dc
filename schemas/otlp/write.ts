/**
 * Builds OTLP trace messages (protobuf) from plain objects: for the JSON converter, generators and tests.
 *
 * Output is canonical: fields in order of number, shortest lengths, proto3 defaults left out.
 */
import {
  AnyValue as Any,
  KeyValue,
  Resource,
  ResourceSpans,
  Scope,
  ScopeSpans,
  Span,
  SpanEvent,
  SpanLink,
  Status,
  TracesData,
  VALUES,
} from './fields.ts';
import { ProtoWriter } from './proto-writer.ts';

export { ProtoWriter };

/** An id: raw bytes, or hex. */
export type Id = Uint8Array | string;

/** Plain values choose their own type (a safe integer is an int, any other number a double); objects name it. */
export type OtlpValue =
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | null
  | readonly OtlpValue[]
  | { readonly double: number }
  | { readonly kvlist: OtlpAttributes };

/** Pairs allow what an object cannot: repeated keys. */
export type OtlpAttributes = Readonly<Record<string, OtlpValue>> | readonly (readonly [string, OtlpValue])[];

export interface OtlpEvent {
  timeUnixNano?: bigint;
  name?: string;
  attributes?: OtlpAttributes;
  droppedAttributesCount?: number;
}

export interface OtlpLink {
  traceId: Id;
  spanId: Id;
  traceState?: string;
  attributes?: OtlpAttributes;
  droppedAttributesCount?: number;
  flags?: number;
}

export interface OtlpSpan {
  traceId: Id;
  spanId: Id;
  traceState?: string;
  parentSpanId?: Id;
  name?: string;
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind?: number;
  startTimeUnixNano?: bigint;
  endTimeUnixNano?: bigint;
  attributes?: OtlpAttributes;
  droppedAttributesCount?: number;
  events?: readonly OtlpEvent[];
  droppedEventsCount?: number;
  links?: readonly OtlpLink[];
  droppedLinksCount?: number;
  /** code: 0 unset, 1 ok, 2 error. */
  status?: { code?: number; message?: string };
  flags?: number;
}

export interface OtlpScopeSpans {
  scope?: { name?: string; version?: string; attributes?: OtlpAttributes; droppedAttributesCount?: number };
  spans?: readonly OtlpSpan[];
  schemaUrl?: string;
}

export interface OtlpResourceSpans {
  resource?: { attributes?: OtlpAttributes; droppedAttributesCount?: number };
  scopeSpans?: readonly OtlpScopeSpans[];
  schemaUrl?: string;
}

export interface OtlpTraces {
  resourceSpans: readonly OtlpResourceSpans[];
}

const idBytes = (id: Id): Uint8Array => (typeof id === 'string' ? Buffer.from(id, 'hex') : id);

function writeValue(w: ProtoWriter, value: OtlpValue): void {
  if (value === null) return;
  if (typeof value === 'string') w.string(Any.string, value);
  else if (typeof value === 'boolean') w.varint(Any.bool, value ? 1 : 0);
  else if (typeof value === 'bigint' || Number.isSafeInteger(value))
    w.varint(Any.int, value as number | bigint);
  else if (typeof value === 'number') w.double(Any.double, value);
  else if (value instanceof Uint8Array) w.bytes(Any.bytes, value);
  else if ('double' in value) w.double(Any.double, value.double);
  else if ('kvlist' in value) w.message(Any.kvlist, () => writeAttributes(w, VALUES, value.kvlist));
  else {
    w.message(Any.array, () => {
      for (const item of value) w.message(VALUES, () => writeValue(w, item));
    });
  }
}

function writeAttributes(w: ProtoWriter, tag: number, attributes: OtlpAttributes | undefined): void {
  if (attributes === undefined) return;
  const pairs = Array.isArray(attributes) ? attributes : Object.entries(attributes);
  for (const [key, value] of pairs as readonly (readonly [string, OtlpValue])[]) {
    w.message(tag, () => {
      if (key !== '') w.string(KeyValue.key, key);
      w.message(KeyValue.value, () => writeValue(w, value));
    });
  }
}

function writeText(w: ProtoWriter, tag: number, value: string | undefined): void {
  if (value !== undefined && value !== '') w.string(tag, value);
}
function writeId(w: ProtoWriter, tag: number, id: Id | undefined): void {
  if (id !== undefined && id.length > 0) w.bytes(tag, idBytes(id));
}
function writeCount(w: ProtoWriter, tag: number, value: number | undefined): void {
  if (value !== undefined && value !== 0) w.varint(tag, value);
}
function writeTime(w: ProtoWriter, tag: number, value: bigint | undefined): void {
  if (value !== undefined && value !== 0n) w.fixed64(tag, value);
}

function writeEvent(w: ProtoWriter, event: OtlpEvent): void {
  writeTime(w, SpanEvent.timeUnixNano, event.timeUnixNano);
  writeText(w, SpanEvent.name, event.name);
  writeAttributes(w, SpanEvent.attributes, event.attributes);
  writeCount(w, SpanEvent.droppedAttributesCount, event.droppedAttributesCount);
}

function writeLink(w: ProtoWriter, link: OtlpLink): void {
  writeId(w, SpanLink.traceId, link.traceId);
  writeId(w, SpanLink.spanId, link.spanId);
  writeText(w, SpanLink.traceState, link.traceState);
  writeAttributes(w, SpanLink.attributes, link.attributes);
  writeCount(w, SpanLink.droppedAttributesCount, link.droppedAttributesCount);
  if (link.flags) w.fixed32(SpanLink.flags, link.flags);
}

/** The fields of one Span message. */
export function writeSpan(w: ProtoWriter, span: OtlpSpan): void {
  writeId(w, Span.traceId, span.traceId);
  writeId(w, Span.spanId, span.spanId);
  writeText(w, Span.traceState, span.traceState);
  writeId(w, Span.parentSpanId, span.parentSpanId);
  writeText(w, Span.name, span.name);
  writeCount(w, Span.kind, span.kind);
  writeTime(w, Span.startTimeUnixNano, span.startTimeUnixNano);
  writeTime(w, Span.endTimeUnixNano, span.endTimeUnixNano);
  writeAttributes(w, Span.attributes, span.attributes);
  writeCount(w, Span.droppedAttributesCount, span.droppedAttributesCount);
  for (const event of span.events ?? []) w.message(Span.events, () => writeEvent(w, event));
  writeCount(w, Span.droppedEventsCount, span.droppedEventsCount);
  for (const link of span.links ?? []) w.message(Span.links, () => writeLink(w, link));
  writeCount(w, Span.droppedLinksCount, span.droppedLinksCount);
  const { status } = span;
  if (status !== undefined) {
    w.message(Span.status, () => {
      writeText(w, Status.message, status.message);
      writeCount(w, Status.code, status.code);
    });
  }
  if (span.flags) w.fixed32(Span.flags, span.flags);
}

function writeScopeSpans(w: ProtoWriter, group: OtlpScopeSpans): void {
  const { scope } = group;
  if (scope !== undefined) {
    w.message(ScopeSpans.scope, () => {
      writeText(w, Scope.name, scope.name);
      writeText(w, Scope.version, scope.version);
      writeAttributes(w, Scope.attributes, scope.attributes);
      writeCount(w, Scope.droppedAttributesCount, scope.droppedAttributesCount);
    });
  }
  for (const span of group.spans ?? []) w.message(ScopeSpans.spans, () => writeSpan(w, span));
  writeText(w, ScopeSpans.schemaUrl, group.schemaUrl);
}

/** An ExportTraceServiceRequest (the same bytes as a TracesData). */
export function encodeTraces(traces: OtlpTraces): Uint8Array {
  const w = new ProtoWriter();
  for (const group of traces.resourceSpans) {
    w.message(TracesData.resourceSpans, () => {
      const { resource } = group;
      if (resource !== undefined) {
        w.message(ResourceSpans.resource, () => {
          writeAttributes(w, Resource.attributes, resource.attributes);
          writeCount(w, Resource.droppedAttributesCount, resource.droppedAttributesCount);
        });
      }
      for (const scope of group.scopeSpans ?? []) {
        w.message(ResourceSpans.scopeSpans, () => writeScopeSpans(w, scope));
      }
      writeText(w, ResourceSpans.schemaUrl, group.schemaUrl);
    });
  }
  return w.finish();
}
