/** A span object → a row of otel_traces, as an object for JSONEachRow. */
import type { Attributes, AttributeValue, Span, UnixNano } from './span.ts';
import type { Row } from './table-writer.ts';

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const CODES = ['Unset', 'Ok', 'Error'];

function textOf(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Unix seconds with nine decimals, as ClickHouse reads a DateTime64(9). */
export function dateTime64(unixNano: UnixNano): string {
  const digits = String(unixNano).padStart(19, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

function texts(attributes: Attributes): Record<string, string> {
  const map: Record<string, string> = {};
  for (const key of Object.keys(attributes)) map[key] = textOf(attributes[key]);
  return map;
}

function duration({ startTimeUnixNano, endTimeUnixNano }: Span): string {
  const ns = BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano);
  return String(ns > 0n ? ns : 0n);
}

export function spanRow(span: Span, tenant: string, receivedAt: number): Row {
  const { resource, events, links } = span;
  return {
    Timestamp: dateTime64(span.startTimeUnixNano),
    TraceId: span.traceId,
    SpanId: span.spanId,
    ParentSpanId: span.parentSpanId,
    TraceState: span.traceState,
    SpanName: span.name,
    SpanKind: KINDS[span.kind] ?? KINDS[0],
    ServiceName: textOf(resource['service.name'] ?? ''),
    ResourceAttributes: texts(resource),
    ScopeName: span.scopeName,
    ScopeVersion: span.scopeVersion,
    SpanAttributes: texts(span.attributes),
    Duration: duration(span),
    StatusCode: CODES[span.statusCode] ?? CODES[0],
    StatusMessage: span.statusMessage,
    'Events.Timestamp': events.map((event) => dateTime64(event.timeUnixNano)),
    'Events.Name': events.map((event) => event.name),
    'Events.Attributes': events.map((event) => texts(event.attributes)),
    'Links.TraceId': links.map((link) => link.traceId),
    'Links.SpanId': links.map((link) => link.spanId),
    'Links.TraceState': links.map((link) => link.traceState),
    'Links.Attributes': links.map((link) => texts(link.attributes)),
    TenantId: tenant,
    ReceivedAt: receivedAt,
  };
}
