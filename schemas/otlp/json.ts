/**
 * OTLP JSON → OTLP protobuf bytes, so that both take the same way through the door.
 *
 * As the OTLP specification says: ids in hex (either case), lowerCamelCase names, 64-bit integers as decimal strings
 * or numbers, enums as numbers (names are read too), unknown fields ignored. null reads as absent, as in proto3 JSON.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
import { attributes, type Converted, convertJson } from './json-groups.ts';
import type { JsonReader } from './json-reader.ts';
import { encodeSpans, type OtlpEvent, type OtlpLink, type OtlpSpan } from './write.ts';

const KINDS = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
];
const CODES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'];

const NAMES = { resources: 'resourceSpans', scopes: 'scopeSpans', members: 'spans' };

/**
 * The protobuf bytes of an ExportTraceServiceRequest in JSON. Never throws. Ids of a wrong length are converted as they
 * are: the splitter rejects those spans alone.
 */
export function convertTracesJson(body: Uint8Array, options: { maxNesting: number }): Converted {
  return convertJson(body, options, NAMES, readJsonSpan, encodeSpans);
}

/** One span; its ids may be of any length. Throws JsonFault. */
export function readJsonSpan(read: JsonReader, json: unknown, at: string): OtlpSpan {
  const from = read.object(json, at);
  return {
    traceId: read.id(from, 'traceId', at),
    spanId: read.id(from, 'spanId', at),
    traceState: read.text(from, 'traceState', at),
    parentSpanId: read.id(from, 'parentSpanId', at),
    name: read.text(from, 'name', at),
    kind: read.enumeration(from, 'kind', at, KINDS),
    startTimeUnixNano: read.uint64(from, 'startTimeUnixNano', at),
    endTimeUnixNano: read.uint64(from, 'endTimeUnixNano', at),
    attributes: attributes(read, from, at),
    droppedAttributesCount: read.uint32(from, 'droppedAttributesCount', at),
    events: read.list(from, 'events', at, (item, place) => event(read, item, place)),
    droppedEventsCount: read.uint32(from, 'droppedEventsCount', at),
    links: read.list(from, 'links', at, (item, place) => link(read, item, place)),
    droppedLinksCount: read.uint32(from, 'droppedLinksCount', at),
    status: read.optional(from, 'status', at, (item, place) => {
      const status = read.object(item, place);
      return {
        message: read.text(status, 'message', place),
        code: read.enumeration(status, 'code', place, CODES),
      };
    }),
    flags: read.uint32(from, 'flags', at),
  };
}

function event(read: JsonReader, json: unknown, at: string): OtlpEvent {
  const from = read.object(json, at);
  return {
    timeUnixNano: read.uint64(from, 'timeUnixNano', at),
    name: read.text(from, 'name', at),
    attributes: attributes(read, from, at),
    droppedAttributesCount: read.uint32(from, 'droppedAttributesCount', at),
  };
}

function link(read: JsonReader, json: unknown, at: string): OtlpLink {
  const from = read.object(json, at);
  return {
    traceId: read.id(from, 'traceId', at),
    spanId: read.id(from, 'spanId', at),
    traceState: read.text(from, 'traceState', at),
    attributes: attributes(read, from, at),
    droppedAttributesCount: read.uint32(from, 'droppedAttributesCount', at),
    flags: read.uint32(from, 'flags', at),
  };
}
