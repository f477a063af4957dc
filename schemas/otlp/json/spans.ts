/** The JSON of an ExportTraceServiceRequest. */
import { Span, SpanEvent, SpanLink, Status } from '../fields.ts';
import { attributes, exportOf } from './common.ts';
import { JsonMessage, Kind } from './message.ts';

export const SPAN_KINDS = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
];
export const STATUS_CODES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'];

const EVENT = new JsonMessage({
  timeUnixNano: [Kind.fixed64, SpanEvent.timeUnixNano],
  name: [Kind.text, SpanEvent.name],
  attributes: attributes(SpanEvent.attributes),
  droppedAttributesCount: [Kind.uint32, SpanEvent.droppedAttributesCount],
});

const LINK = new JsonMessage({
  traceId: [Kind.hex, SpanLink.traceId],
  spanId: [Kind.hex, SpanLink.spanId],
  traceState: [Kind.text, SpanLink.traceState],
  attributes: attributes(SpanLink.attributes),
  droppedAttributesCount: [Kind.uint32, SpanLink.droppedAttributesCount],
  flags: [Kind.fixed32, SpanLink.flags],
});

const STATUS = new JsonMessage({
  message: [Kind.text, Status.message],
  code: [Kind.enumeration, Status.code, { names: STATUS_CODES }],
});

const SPAN = new JsonMessage({
  traceId: [Kind.hex, Span.traceId],
  spanId: [Kind.hex, Span.spanId],
  traceState: [Kind.text, Span.traceState],
  parentSpanId: [Kind.hex, Span.parentSpanId],
  name: [Kind.text, Span.name],
  kind: [Kind.enumeration, Span.kind, { names: SPAN_KINDS }],
  startTimeUnixNano: [Kind.fixed64, Span.startTimeUnixNano],
  endTimeUnixNano: [Kind.fixed64, Span.endTimeUnixNano],
  attributes: attributes(Span.attributes),
  droppedAttributesCount: [Kind.uint32, Span.droppedAttributesCount],
  events: [Kind.messages, Span.events, { message: EVENT }],
  droppedEventsCount: [Kind.uint32, Span.droppedEventsCount],
  links: [Kind.messages, Span.links, { message: LINK }],
  droppedLinksCount: [Kind.uint32, Span.droppedLinksCount],
  status: [Kind.message, Span.status, { message: STATUS }],
  flags: [Kind.fixed32, Span.flags],
});

export const TRACES = exportOf({ resources: 'resourceSpans', scopes: 'scopeSpans', members: 'spans' }, SPAN);
