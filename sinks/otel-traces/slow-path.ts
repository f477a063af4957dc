/** For tests: rows of otel_traces built from span objects, naively, to compare the transcoder with. */
import type { OtlpAttributes, OtlpSpan, OtlpTraces, OtlpValue } from '#schemas/otlp/write.ts';

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const CODES = ['Unset', 'Ok', 'Error'];
const MAX_TIME = 2n ** 63n - 1n;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}
function string(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([varint(bytes.length), bytes]);
}
function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}
const array = (items: Buffer[]) => Buffer.concat([varint(items.length), ...items]);
const time = (value: bigint | undefined) => int64((value ?? 0n) > MAX_TIME ? MAX_TIME : (value ?? 0n));
const id = (value: Uint8Array | string | undefined) =>
  string(value === undefined ? '' : Buffer.from(value as Uint8Array).toString('hex'));

function numberText(value: number): string {
  if (!Number.isFinite(value)) {
    const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
    return `json: unsupported value: ${name}`;
  }
  return Object.is(value, -0) ? '-0' : `${value}`;
}

function pairs(attributes: OtlpAttributes | undefined): Map<string, OtlpValue> {
  const map = new Map<string, OtlpValue>();
  const list = Array.isArray(attributes) ? attributes : Object.entries(attributes ?? {});
  for (const [key, value] of list as [string, OtlpValue][]) {
    // As it comes back from UTF-8.
    const name = Buffer.from(key).toString();
    if (!map.has(name)) map.set(name, value);
  }
  return map;
}

function json(value: OtlpValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') {
    let text = JSON.stringify(Buffer.from(value).toString());
    for (const char of ['<', '>', '&', '\u2028', '\u2029']) {
      text = text.replaceAll(char, `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
    }
    return text;
  }
  if (typeof value === 'object' && 'double' in value) {
    return Number.isFinite(value.double) ? numberText(value.double) : 'null';
  }
  if (typeof value !== 'object') return anyText(value);
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  if (Array.isArray(value)) return `[${(value as OtlpValue[]).map(json).join(',')}]`;
  const entries = [...pairs((value as { kvlist: OtlpAttributes }).kvlist)];
  entries.sort((a, z) => Buffer.from(a[0]).compare(Buffer.from(z[0])));
  return `{${entries.map(([key, item]) => `${json(key)}:${json(item)}`).join(',')}}`;
}

function anyText(value: OtlpValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return numberText(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if ('double' in value) return numberText(value.double);
  return json(value);
}

function map(attributes: OtlpAttributes | undefined): Buffer {
  const entries = [...pairs(attributes)].map(([key, value]) =>
    Buffer.concat([string(key), string(anyText(value))]),
  );
  return array(entries);
}

function row(
  span: OtlpSpan,
  resource: OtlpAttributes | undefined,
  scope: { name?: string; version?: string } | undefined,
  batch: { tenant: string; receivedAt: number },
): Buffer {
  const start = span.startTimeUnixNano ?? 0n;
  const end = span.endTimeUnixNano ?? 0n;
  const parent = span.parentSpanId;
  const rootless = parent === undefined || Buffer.from(parent as Uint8Array).every((byte) => byte === 0);
  const events = span.events ?? [];
  const links = span.links ?? [];
  return Buffer.concat([
    time(start),
    id(span.traceId),
    id(span.spanId),
    id(rootless ? undefined : parent),
    string(span.traceState ?? ''),
    string(span.name ?? ''),
    string(KINDS[span.kind ?? 0]),
    string(anyText(pairs(resource).get('service.name') ?? null)),
    map(resource),
    string(scope?.name ?? ''),
    string(scope?.version ?? ''),
    map(span.attributes),
    int64(end > start ? end - start : 0n),
    string(CODES[span.status?.code ?? 0]),
    string(span.status?.message ?? ''),
    array(events.map((event) => time(event.timeUnixNano))),
    array(events.map((event) => string(event.name ?? ''))),
    array(events.map((event) => map(event.attributes))),
    array(links.map((link) => id(link.traceId))),
    array(links.map((link) => id(link.spanId))),
    array(links.map((link) => string(link.traceState ?? ''))),
    array(links.map((link) => map(link.attributes))),
    string(batch.tenant),
    int64(BigInt(batch.receivedAt)),
  ]);
}

/** Ids must be bytes, as the arbitraries give them. */
export function naiveRows(traces: OtlpTraces, batch: { tenant: string; receivedAt: number }): Buffer[] {
  return traces.resourceSpans.flatMap((group) =>
    (group.scopeSpans ?? []).flatMap((inner) =>
      (inner.spans ?? []).map((span) => row(span, group.resource?.attributes, inner.scope, batch)),
    ),
  );
}
