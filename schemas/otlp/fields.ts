/**
 * Tags (field number × 8 + wire type) of OTLP's trace messages.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
export const TracesData = { resourceSpans: 0x0a } as const;

export const ResourceSpans = { resource: 0x0a, scopeSpans: 0x12, schemaUrl: 0x1a } as const;

/**
 * What TracesData, MetricsData and LogsData have in common: groups by resource, in them groups by scope, in them the
 * members (Span, Metric, LogRecord).
 */
export const ENVELOPE = {
  resources: TracesData.resourceSpans,
  resource: ResourceSpans.resource,
  scopes: ResourceSpans.scopeSpans,
  scope: 0x0a,
  members: 0x12,
  schemaUrl: ResourceSpans.schemaUrl,
} as const;

export const Resource = { attributes: 0x0a, droppedAttributesCount: 0x10 } as const;

export const ScopeSpans = { scope: 0x0a, spans: 0x12, schemaUrl: 0x1a } as const;

export const Scope = { name: 0x0a, version: 0x12, attributes: 0x1a, droppedAttributesCount: 0x20 } as const;

export const Span = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  parentSpanId: 0x22,
  name: 0x2a,
  kind: 0x30,
  startTimeUnixNano: 0x39,
  endTimeUnixNano: 0x41,
  attributes: 0x4a,
  droppedAttributesCount: 0x50,
  events: 0x5a,
  droppedEventsCount: 0x60,
  links: 0x6a,
  droppedLinksCount: 0x70,
  status: 0x7a,
  flags: 0x85,
} as const;

export const SpanEvent = {
  timeUnixNano: 0x09,
  name: 0x12,
  attributes: 0x1a,
  droppedAttributesCount: 0x20,
} as const;

export const SpanLink = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  attributes: 0x22,
  droppedAttributesCount: 0x28,
  flags: 0x35,
} as const;

export const Status = { message: 0x12, code: 0x18 } as const;

export const KeyValue = { key: 0x0a, value: 0x12 } as const;

export const AnyValue = {
  string: 0x0a,
  bool: 0x10,
  int: 0x18,
  double: 0x21,
  array: 0x2a,
  kvlist: 0x32,
  bytes: 0x3a,
} as const;

/** Of ArrayValue (AnyValue) and KeyValueList (KeyValue). */
export const VALUES = 0x0a;
