/** Bodies of OTLP exports, encoded once: for each request only the ids are written anew. */
import { gzipSync } from 'node:zlib';
import { encodeTraces, type OtlpSpan } from '#schemas/otlp/write.ts';
import { putId } from './ids.ts';
import { type Attributes, agentSpan, Dice } from './spans.ts';

export interface BodyOptions {
  readonly spans: number;
  /** Of a trace; the last trace of a body may have fewer. */
  readonly spansPerTrace: number;
  readonly attributes: Attributes;
  readonly encoding: 'protobuf' | 'json';
  readonly seed: number;
  /** Unix ms of the first span. */
  readonly startMs: number;
}

export interface Body {
  readonly bytes: Buffer;
  readonly spans: number;
  readonly traces: number;
  /** Gives its spans and traces these numbers and those that follow. */
  stamp(firstSpan: number, firstTrace: number): void;
}

/** Where an id of 8 or 16 bytes stands, and whose it is, as a number within the body. */
interface Place {
  readonly at: number;
  readonly bytes: 8 | 16;
  readonly number: number;
}

const RESOURCE = {
  attributes: {
    'service.name': 'travel-planner',
    'service.version': '1.4.2',
    'deployment.environment.name': 'production',
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.language': 'python',
  },
};
const SCOPE = { name: 'travel-agents', version: '1.0.0' };

const idOf = (bytes: 8 | 16, number: number): Buffer => {
  const id = Buffer.alloc(bytes);
  putId(id, 0, bytes, number);
  return id;
};

/** A body in its own memory: stamping it while it is still being sent would change what is sent. */
export function makeBody(options: BodyOptions): Body {
  const { spans: count, spansPerTrace, encoding } = options;
  const dice = new Dice(options.seed);
  const ids: { readonly bytes: 8 | 16; readonly number: number }[] = [];
  const spans = Array.from({ length: count }, (_, i): OtlpSpan => {
    const trace = Math.floor(i / spansPerTrace);
    const inTrace = i % spansPerTrace;
    // A root, and below every sixth span the five that follow it.
    const parent = inTrace === 0 ? undefined : i - (inTrace % 6 === 0 ? inTrace : inTrace % 6);
    ids.push({ bytes: 16, number: trace }, { bytes: 8, number: i });
    if (parent !== undefined) ids.push({ bytes: 8, number: parent });
    return {
      traceId: idOf(16, trace),
      spanId: idOf(8, i),
      ...(parent === undefined ? {} : { parentSpanId: idOf(8, parent) }),
      ...agentSpan(inTrace, options.startMs, options.attributes, dice),
    };
  });
  const message = { resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ scope: SCOPE, spans }] }] };
  const isJson = encoding === 'json';
  const bytes = isJson ? Buffer.from(JSON.stringify(jsonOf(spans))) : Buffer.from(encodeTraces(message));
  const places = placesOf(bytes, ids, isJson);
  return {
    bytes,
    spans: count,
    traces: Math.ceil(count / spansPerTrace),
    stamp(firstSpan, firstTrace) {
      for (const { at, bytes: length, number } of places) {
        const whole = number + (length === 16 ? firstTrace : firstSpan);
        if (isJson) bytes.write(idOf(length, whole).toString('hex'), at, 'latin1');
        else putId(bytes, at, length, whole);
      }
    },
  };
}

/** The body as it is now, compressed as SDKs do. */
export const gzipped = (body: Body): Buffer => gzipSync(body.bytes, { level: 6 });

/** Ids stand in a message in the order of its spans and fields. */
function placesOf(
  bytes: Buffer,
  ids: readonly { readonly bytes: 8 | 16; readonly number: number }[],
  isJson: boolean,
): Place[] {
  let from = 0;
  return ids.map(({ bytes: length, number }) => {
    const id = idOf(length, number);
    const needle = isJson ? Buffer.from(id.toString('hex')) : id;
    const at = bytes.indexOf(needle, from);
    if (at < 0) throw new Error(`an id of ${length} bytes is not in the body`);
    from = at + needle.length;
    return { at, bytes: length, number };
  });
}

/** OTLP's JSON mapping: ids in hex, 64-bit integers as strings. */
function jsonOf(spans: readonly OtlpSpan[]): unknown {
  const attributes = (of: object) =>
    Object.entries(of).map(([key, value]) => ({
      key,
      value:
        typeof value === 'string'
          ? { stringValue: value }
          : Number.isInteger(value)
            ? { intValue: String(value) }
            : { doubleValue: value },
    }));
  const hex = (id: unknown) => (id as Buffer).toString('hex');
  return {
    resourceSpans: [
      {
        resource: { attributes: attributes(RESOURCE.attributes) },
        scopeSpans: [
          {
            scope: SCOPE,
            spans: spans.map((span) => ({
              traceId: hex(span.traceId),
              spanId: hex(span.spanId),
              ...(span.parentSpanId === undefined ? {} : { parentSpanId: hex(span.parentSpanId) }),
              name: span.name,
              kind: span.kind,
              startTimeUnixNano: String(span.startTimeUnixNano),
              endTimeUnixNano: String(span.endTimeUnixNano),
              attributes: attributes(span.attributes as object),
            })),
          },
        ],
      },
    ],
  };
}
