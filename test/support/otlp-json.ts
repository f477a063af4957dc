import type { OtlpAttributes, OtlpTraces, OtlpValue } from '#schemas/otlp/write.ts';

/** The same export as OTLP JSON, as an SDK would write it: hex ids, 64-bit numbers as strings. */
export function toOtlpJson(traces: OtlpTraces): unknown {
  return {
    resourceSpans: traces.resourceSpans.map((resourceSpans) => ({
      resource: { attributes: attributes(resourceSpans.resource?.attributes) },
      scopeSpans: resourceSpans.scopeSpans?.map(({ scope, spans }) => ({
        scope: { name: scope?.name, attributes: attributes(scope?.attributes) },
        spans: spans?.map((span) => ({
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId,
          name: span.name,
          kind: span.kind,
          startTimeUnixNano: String(span.startTimeUnixNano),
          endTimeUnixNano: String(span.endTimeUnixNano),
          attributes: attributes(span.attributes),
          status: span.status,
        })),
      })),
    })),
  };
}

function attributes(all: OtlpAttributes | undefined): { key: string; value: unknown }[] {
  const pairs = Array.isArray(all) ? all : Object.entries(all ?? {});
  return pairs.map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: OtlpValue): unknown {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number' && Number.isSafeInteger(value)) return { intValue: String(value) };
  if (typeof value === 'number') return { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  throw new Error(`a workload has no such value: ${JSON.stringify(value)}`);
}
