/**
 * Builds OTLP trace messages (protobuf) from plain objects: for the JSON converter, generators and tests.
 *
 * Output is canonical: fields in order of number, shortest lengths, proto3 defaults left out.
 */
import { Span, SpanEvent, SpanLink, Status } from './fields.ts';
import { ProtoWriter } from './proto-writer.ts';
import {
  encodeGroups,
  type Id,
  type OtlpAttributes,
  type OtlpGroup,
  type OtlpResource,
  type OtlpScope,
  writeAttributes,
  writeCount,
  writeId,
  writeText,
  writeTime,
} from './write-fields.ts';

export type { Id, OtlpAttributes, OtlpValue } from './write-fields.ts';
export { ProtoWriter };

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
  scope?: OtlpScope;
  spans?: readonly OtlpSpan[];
  schemaUrl?: string;
}

export interface OtlpResourceSpans {
  resource?: OtlpResource;
  scopeSpans?: readonly OtlpScopeSpans[];
  schemaUrl?: string;
}

export interface OtlpTraces {
  resourceSpans: readonly OtlpResourceSpans[];
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

/** An ExportTraceServiceRequest (the same bytes as a TracesData). */
export function encodeTraces(traces: OtlpTraces): Uint8Array {
  return encodeSpans(
    traces.resourceSpans.map(({ scopeSpans = [], ...group }) => ({
      ...group,
      scopes: scopeSpans.map((scope) => ({ ...scope, members: scope.spans ?? [] })),
    })),
  );
}

/** The same from groups of spans. */
export function encodeSpans(groups: readonly OtlpGroup<OtlpSpan>[]): Uint8Array {
  return encodeGroups(groups, writeSpan);
}
