/** A span in OTLP JSON, as files have it; the door reads it in another way (schemas/otlp/json.ts). */
import { SPAN_KINDS, STATUS_CODES } from '#schemas/otlp/json/spans.ts';
import type { OtlpEvent, OtlpLink, OtlpSpan } from '#schemas/otlp/write.ts';
import type { JsonReader } from './json-reader.ts';
import { attributes } from './json-values.ts';

/** One span; its ids may be of any length. Throws JsonFault. */
export function readJsonSpan(read: JsonReader, json: unknown, at: string): OtlpSpan {
  const from = read.object(json, at);
  return {
    traceId: read.id(from, 'traceId', at),
    spanId: read.id(from, 'spanId', at),
    traceState: read.text(from, 'traceState', at),
    parentSpanId: read.id(from, 'parentSpanId', at),
    name: read.text(from, 'name', at),
    kind: read.enumeration(from, 'kind', at, SPAN_KINDS),
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
        code: read.enumeration(status, 'code', place, STATUS_CODES),
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
