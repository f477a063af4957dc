/**
 * OTLP JSON → OTLP protobuf bytes, so that both take the same way through the door.
 *
 * As the OTLP specification says: ids in hex (either case), lowerCamelCase names, 64-bit integers as decimal strings
 * or numbers, enums as numbers (names are read too), unknown fields ignored. null reads as absent, as in proto3 JSON.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
import { isUtf8 } from 'node:buffer';
import { JsonFault, JsonReader } from './json-reader.ts';
import { text } from './wire.ts';
import {
  encodeTraces,
  type OtlpAttributes,
  type OtlpEvent,
  type OtlpLink,
  type OtlpResourceSpans,
  type OtlpScopeSpans,
  type OtlpSpan,
  type OtlpValue,
} from './write.ts';

export type Converted = { ok: true; otlp: Uint8Array } | { ok: false; reason: string };

const KINDS = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
];
const CODES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'];

/**
 * The protobuf bytes of an ExportTraceServiceRequest in JSON. Never throws; a reason names the place
 * (`resourceSpans[0].scopeSpans[1].spans[3].traceId: …`) and never what stood there. Ids of a wrong length are
 * converted as they are: the splitter rejects those spans alone.
 */
export function convertTracesJson(body: Uint8Array, options: { maxNesting: number }): Converted {
  if (!isUtf8(body)) return { ok: false, reason: 'body: not UTF-8' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text(body, 0, body.length));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The parser's own message quotes the body.
    return { ok: false, reason: 'body: not JSON' };
  }
  try {
    const read = new JsonReader(options.maxNesting);
    const request = read.object(parsed, '');
    const resourceSpans = read.list(request, 'resourceSpans', '', (item, at) =>
      resourceGroup(read, item, at),
    );
    return { ok: true, otlp: encodeTraces({ resourceSpans }) };
  } catch (error) {
    if (error instanceof JsonFault) return { ok: false, reason: error.reason };
    throw error;
  }
}

function resourceGroup(read: JsonReader, json: unknown, at: string): OtlpResourceSpans {
  const group = read.object(json, at);
  return {
    resource: read.optional(group, 'resource', at, (item, place) => {
      const resource = read.object(item, place);
      return {
        attributes: attributes(read, resource, place),
        droppedAttributesCount: read.uint32(resource, 'droppedAttributesCount', place),
      };
    }),
    scopeSpans: read.list(group, 'scopeSpans', at, (item, place) => scopeGroup(read, item, place)),
    schemaUrl: read.text(group, 'schemaUrl', at),
  };
}

function scopeGroup(read: JsonReader, json: unknown, at: string): OtlpScopeSpans {
  const group = read.object(json, at);
  return {
    scope: read.optional(group, 'scope', at, (item, place) => {
      const scope = read.object(item, place);
      return {
        name: read.text(scope, 'name', place),
        version: read.text(scope, 'version', place),
        attributes: attributes(read, scope, place),
        droppedAttributesCount: read.uint32(scope, 'droppedAttributesCount', place),
      };
    }),
    spans: read.list(group, 'spans', at, (item, place) => span(read, item, place)),
    schemaUrl: read.text(group, 'schemaUrl', at),
  };
}

function span(read: JsonReader, json: unknown, at: string): OtlpSpan {
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

function attributes(read: JsonReader, from: Record<string, unknown>, at: string): OtlpAttributes {
  return read.list(from, 'attributes', at, (item, place) => keyValue(read, item, place, 0));
}

function keyValue(read: JsonReader, json: unknown, at: string, depth: number): [string, OtlpValue] {
  const pair = read.object(json, at);
  const value = read.optional(pair, 'value', at, (item, place) => anyValue(read, item, place, depth));
  return [read.text(pair, 'key', at) ?? '', value ?? null];
}

/** The first of AnyValue's fields that is there; null for none. */
function anyValue(read: JsonReader, json: unknown, at: string, depth: number): OtlpValue {
  const from = read.object(json, at);
  return (
    read.text(from, 'stringValue', at) ??
    read.boolean(from, 'boolValue', at) ??
    read.int64(from, 'intValue', at) ??
    read.double(from, 'doubleValue', at) ??
    read.bytes(from, 'bytesValue', at) ??
    read.optional(from, 'arrayValue', at, (item, place) => {
      const inner = read.nest(depth, place);
      return read.list(read.object(item, place), 'values', place, (value, valueAt) =>
        anyValue(read, value, valueAt, inner),
      );
    }) ??
    read.optional(from, 'kvlistValue', at, (item, place) => {
      const inner = read.nest(depth, place);
      const kvlist = read.list(read.object(item, place), 'values', place, (pair, pairAt) =>
        keyValue(read, pair, pairAt, inner),
      );
      return { kvlist };
    }) ??
    null
  );
}
