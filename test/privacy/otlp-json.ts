/** An export in OTLP JSON, with every kind of value and every text that the message has. */
import type { OtlpAttributes, OtlpTraces, OtlpValue } from '#schemas/otlp/write.ts';

type Pairs = readonly (readonly [string, OtlpValue])[];

const hex = (id: Uint8Array | string | undefined) =>
  id instanceof Uint8Array ? Buffer.from(id).toString('hex') : id;
const bigints = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

export function jsonOf({ resourceSpans }: OtlpTraces): string {
  const groups = resourceSpans.map(({ resource, scopeSpans, ...group }) => ({
    ...group,
    resource: { ...resource, attributes: attributes(resource?.attributes) },
    scopeSpans: scopeSpans?.map(({ scope, spans, ...rest }) => ({
      ...rest,
      scope: scope && { ...scope, attributes: attributes(scope.attributes) },
      spans: spans?.map((span) => ({
        ...span,
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId),
        attributes: attributes(span.attributes),
        events: span.events?.map((event) => ({ ...event, attributes: attributes(event.attributes) })),
        links: span.links?.map((link) => ({
          ...link,
          traceId: hex(link.traceId),
          spanId: hex(link.spanId),
          attributes: attributes(link.attributes),
        })),
      })),
    })),
  }));
  return JSON.stringify({ resourceSpans: groups }, bigints);
}

function attributes(all: OtlpAttributes = {}): { key: string; value: unknown }[] {
  const pairs = (Array.isArray(all) ? all : Object.entries(all)) as Pairs;
  return pairs.map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: OtlpValue): unknown {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number' || typeof value === 'bigint') return { intValue: String(value) };
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (value !== null && typeof value === 'object' && 'kvlist' in value)
    return { kvlistValue: { values: attributes(value.kvlist) } };
  return {};
}
