/** ati.spans → span objects: avsc for the envelope, protobufjs (reflection) for the OTLP message in it. */
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import type { Attributes, AttributeValue, Span, SpanBatch } from '../shared/span.ts';
import { decodeEnvelope } from './avro.ts';

const root = protobuf.loadSync(fileURLToPath(new URL('trace.proto', import.meta.url)));
const TracesData = root.lookupType('opentelemetry.proto.TracesData');

/** A 64-bit integer as protobufjs has it. */
interface Long {
  readonly high: number;
  readonly low: number;
  toNumber(): number;
  toString(): string;
}

interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue | null;
}

/** As protobufjs decodes it: what is not set is on the prototype alone. */
interface AnyValue {
  readonly stringValue: string;
  readonly boolValue: boolean;
  readonly intValue: Long;
  readonly doubleValue: number;
  readonly arrayValue: { readonly values: readonly AnyValue[] };
  readonly kvlistValue: { readonly values: readonly KeyValue[] };
  readonly bytesValue: Buffer;
}

interface OtlpSpan {
  readonly traceId: Buffer;
  readonly spanId: Buffer;
  readonly traceState: string;
  readonly parentSpanId: Buffer;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: Long;
  readonly endTimeUnixNano: Long;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly {
    readonly timeUnixNano: Long;
    readonly name: string;
    readonly attributes: readonly KeyValue[];
  }[];
  readonly links: readonly {
    readonly traceId: Buffer;
    readonly spanId: Buffer;
    readonly traceState: string;
    readonly attributes: readonly KeyValue[];
  }[];
  readonly status?: { readonly code: number; readonly message: string } | null;
}

interface Traces {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes: readonly KeyValue[] } | null;
    readonly scopeSpans: readonly {
      readonly scope?: { readonly name: string; readonly version: string } | null;
      readonly spans: readonly OtlpSpan[];
    }[];
  }[];
}

const NO_PARENT = '0'.repeat(16);

/** An integer that a number cannot hold is its decimal string. */
function integer(long: Long): number | string {
  const value = long.toNumber();
  return Number.isSafeInteger(value) ? value : long.toString();
}

function plainValue(any: AnyValue | null | undefined): AttributeValue {
  // The member that is set is an own property. `any.value` names it, too, and is slow: a getter that looks through all keys.
  if (!any) return null;
  if (Object.hasOwn(any, 'stringValue')) return any.stringValue;
  if (Object.hasOwn(any, 'intValue')) return integer(any.intValue);
  if (Object.hasOwn(any, 'boolValue')) return any.boolValue;
  if (Object.hasOwn(any, 'doubleValue')) return any.doubleValue;
  if (Object.hasOwn(any, 'arrayValue')) return any.arrayValue.values.map(plainValue);
  if (Object.hasOwn(any, 'kvlistValue')) return attributesOf(any.kvlistValue.values);
  if (Object.hasOwn(any, 'bytesValue')) return any.bytesValue.toString('base64');
  return null;
}

/** Of a repeated key the first counts. */
function attributesOf(pairs: readonly KeyValue[]): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  for (const { key, value } of pairs)
    if (!Object.hasOwn(attributes, key)) attributes[key] = plainValue(value);
  return attributes;
}

function nanos({ high, low }: Long): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

function spanOf(
  span: OtlpSpan,
  resource: Attributes,
  scope: { readonly name: string; readonly version: string } | null | undefined,
): Span {
  const parent = span.parentSpanId.toString('hex');
  return {
    traceId: span.traceId.toString('hex'),
    spanId: span.spanId.toString('hex'),
    parentSpanId: parent === NO_PARENT ? '' : parent,
    traceState: span.traceState,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: nanos(span.startTimeUnixNano),
    endTimeUnixNano: nanos(span.endTimeUnixNano),
    attributes: attributesOf(span.attributes),
    events: span.events.map(({ timeUnixNano, name, attributes }) => ({
      timeUnixNano: nanos(timeUnixNano),
      name,
      attributes: attributesOf(attributes),
    })),
    links: span.links.map(({ traceId, spanId, traceState, attributes }) => ({
      traceId: traceId.toString('hex'),
      spanId: spanId.toString('hex'),
      traceState,
      attributes: attributesOf(attributes),
    })),
    statusCode: span.status?.code ?? 0,
    statusMessage: span.status?.message ?? '',
    resource,
    scopeName: scope?.name ?? '',
    scopeVersion: scope?.version ?? '',
  };
}

/** The spans of one record, in order. Throws on bytes that are no SpanBatch. */
export function decodeBatch(record: Buffer): SpanBatch {
  const { tenant, receivedAt, otlp } = decodeEnvelope(record);
  const traces = TracesData.decode(otlp) as unknown as Traces;
  const spans: Span[] = [];
  for (const { resource, scopeSpans } of traces.resourceSpans) {
    const attributes = attributesOf(resource?.attributes ?? []);
    for (const { scope, spans: inner } of scopeSpans)
      for (const span of inner) spans.push(spanOf(span, attributes, scope));
  }
  return { tenant, receivedAt, spans };
}
