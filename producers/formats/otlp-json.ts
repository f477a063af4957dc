/**
 * OTLP JSON as files have it: one export request, an array of them, or one a line (the Collector's file exporter); also
 * the envelopes of Tempo (`batches`, `trace`) and of Jaeger's v3 API (`result`), whose ids are base64.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */

import { encodeSpans, type OtlpSpan } from '#schemas/otlp/write.ts';
import type { Collected } from './collected.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.ts';
import { JsonFault, JsonReader } from './json-reader.ts';
import { readJsonSpan } from './json-span.ts';
import { attributes } from './json-values.ts';
import { MAX_NESTING } from './nesting.ts';

const ENVELOPES = ['result', 'trace'];
const SPAN_LISTS = ['batches', 'resourceSpans'];
/** The first is the name of before OTLP 0.15. */
const SCOPES = ['instrumentationLibrarySpans', 'scopeSpans'];
const NOT_TRACES = { resourceMetrics: 'metrics', resourceLogs: 'logs' } as const;

/** One document: what it holds goes into `into`. Throws JsonFault where it is no OTLP. */
export function readOtlpJson(json: unknown, into: Collected): void {
  const read = new JsonReader(MAX_NESTING);
  if (Array.isArray(json)) {
    json.forEach((item, i) => {
      into.part(() => request(read, item, `[${i}]`, 0, into));
    });
  } else request(read, json, '', 0, into);
}

const join = (at: string, key: string) => (at === '' ? key : `${at}.${key}`);

function request(read: JsonReader, json: unknown, at: string, depth: number, into: Collected): void {
  const from = read.object(json, at);
  const lists = SPAN_LISTS.filter((key) => key in from);
  for (const key of lists)
    into.part(() =>
      read.list(from, key, at, (item, place) => into.part(() => resourceSpans(read, item, place, into))),
    );
  // Beside spans, or another envelope, text under such a key is a field that nobody knows.
  const envelopes = ENVELOPES.filter((key) => typeof from[key] === 'object' && from[key] !== null);
  for (const key of envelopes) {
    const place = join(at, key);
    into.part(() => request(read, from[key], place, read.nest(depth, place), into));
  }
  if (lists.length + envelopes.length > 0) return;
  const other = Object.entries(NOT_TRACES).find(([name]) => name in from);
  if (other === undefined) throw new JsonFault(join(at, 'resourceSpans'), 'is missing: expected an array');
  into.note(`requests with ${other[1]} instead of spans: left out`);
}

function resourceSpans(read: JsonReader, json: unknown, at: string, into: Collected): void {
  const group = read.object(json, at);
  const resource = read.optional(group, 'resource', at, (item, place) => ({
    attributes: attributes(read, read.object(item, place), place),
  }));
  const members: OtlpSpan[] = [];
  for (const key of listed(group, SCOPES, at))
    into.part(() =>
      read.list(group, key, at, (item, place) =>
        into.part(() => {
          const scope = read.object(item, place);
          for (const spans of listed(scope, ['spans'], place))
            read.list(scope, spans, place, (each, spanAt) => {
              const found = into.span(() => span(read, each, spanAt));
              if (found !== undefined) members.push(found);
            });
        }),
      ),
    );
  into.message(encodeSpans([{ resource, scopes: [{ members }] }]));
}

/** Which of these keys are there. Where another list stands instead of them its spans would be lost: throws JsonFault. */
function listed(from: Record<string, unknown>, keys: readonly string[], at: string): readonly string[] {
  const found = keys.filter((key) => key in from);
  const other = Object.keys(from).find((key) => Array.isArray(from[key]));
  if (found.length === 0 && other !== undefined)
    throw new JsonFault(
      join(at, keys[keys.length - 1]),
      `is missing: expected an array, but there is only ${other.slice(0, 40)}`,
    );
  return found;
}

function span(read: JsonReader, json: unknown, at: string): OtlpSpan {
  const from = { ...read.object(json, at) };
  for (const [key, bytes] of [
    ['traceId', TRACE_ID_BYTES],
    ['spanId', SPAN_ID_BYTES],
    ['parentSpanId', SPAN_ID_BYTES],
  ] as const)
    from[key] = asHex(from[key], bytes);
  const found = readJsonSpan(read, from, at);
  checkId(found.traceId, join(at, 'traceId'), TRACE_ID_BYTES);
  checkId(found.spanId, join(at, 'spanId'), SPAN_ID_BYTES);
  const parent = found.parentSpanId?.length ?? 0;
  if (parent !== 0 && parent !== SPAN_ID_BYTES) throw length(join(at, 'parentSpanId'), parent, SPAN_ID_BYTES);
  if (found.startTimeUnixNano === undefined || found.startTimeUnixNano === 0n)
    throw new JsonFault(join(at, 'startTimeUnixNano'), 'is missing: a span has a start');
  return found;
}

/** An id in base64, as protobuf's own JSON has bytes; everything else as it is. */
function asHex(id: unknown, bytes: number): unknown {
  if (typeof id !== 'string' || id.length !== Math.ceil(bytes / 3) * 4 || !/^[\w+/-]+={1,2}$/.test(id))
    return id;
  const raw = Buffer.from(id, 'base64');
  return raw.length === bytes ? raw.toString('hex') : id;
}

function checkId(id: OtlpSpan['traceId'], at: string, bytes: number): void {
  if (id.length === 0) throw new JsonFault(at, 'is missing: a span has one');
  if (id.length !== bytes) throw length(at, id.length, bytes);
  if ((id as Uint8Array).every((byte) => byte === 0)) throw new JsonFault(at, 'is an id of zeros');
}

const length = (at: string, found: number, bytes: number) =>
  new JsonFault(at, `is an id of ${found} bytes (${found * 2} hex digits): expected ${bytes} (${bytes * 2})`);
