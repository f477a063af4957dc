/**
 * OTLP AnyValue as the text that the OpenTelemetry Collector stores: strings as they are, numbers and booleans in
 * decimal, bytes in base64, arrays and kvlists as JSON with sorted keys
 * (https://pkg.go.dev/go.opentelemetry.io/collector/pdata/pcommon#Value.AsString).
 *
 * It differs in two places: a number that is not finite inside JSON is `null` (the Collector stores nothing for the
 * whole value), and of a repeated key the first counts, as everywhere in ATI.
 */
import { AnyValue, KeyValue, VALUES } from '#schemas/otlp/fields.ts';
import { double, int64, lengthEnd, next, past, skip, tag, text, varint } from '#schemas/otlp/wire.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';

/** Nested values below this read as null: bytes must not decide how deep we recurse. */
const MAX_DEPTH = 32;

/** What `valueField` found: the tag of the value that counts (0 = none) and where it stands. */
let valueTag = 0;
let valueAt = 0;

/** Finds the value of an AnyValue message: the last of its fields, as protobuf's oneof says. */
function valueField(b: Uint8Array, from: number, end: number): void {
  let found = 0;
  let at = from;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    switch (field) {
      case AnyValue.string:
      case AnyValue.bool:
      case AnyValue.int:
      case AnyValue.double:
      case AnyValue.array:
      case AnyValue.kvlist:
      case AnyValue.bytes:
        found = field;
        at = start;
    }
  }
  valueTag = found;
  valueAt = at;
}

/** Shortest decimal, with the minus of -0, as Go's encoding/json writes it. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'json: unsupported value: NaN';
  if (!Number.isFinite(value)) return `json: unsupported value: ${value > 0 ? '+' : '-'}Inf`;
  return Object.is(value, -0) ? '-0' : String(value);
}

function base64(b: Uint8Array, from: number, to: number): string {
  return Buffer.from(b.buffer, b.byteOffset + from, to - from).toString('base64');
}

/** Go's encoder also escapes what HTML and JavaScript would misread. */
function jsonString(value: string): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Writes the AnyValue message b[from, end) as one String; an empty one is an empty String. Throws WireFault. */
export function writeAnyValue(out: RowBuffer, b: Uint8Array, from: number, end: number): void {
  valueField(b, from, end);
  const at = valueAt;
  switch (valueTag) {
    case AnyValue.string: {
      const to = lengthEnd(b, at, end);
      out.string(b, next, to);
      return;
    }
    case AnyValue.bool:
      out.text(varint(b, at, end) === 0 ? 'false' : 'true');
      return;
    case AnyValue.int:
      out.text(int64(b, at, end).toString());
      return;
    case AnyValue.double:
      past(at, 8, end);
      out.text(doubleText(double(b, at)));
      return;
    case AnyValue.bytes: {
      const to = lengthEnd(b, at, end);
      out.text(base64(b, next, to));
      return;
    }
    case AnyValue.array:
    case AnyValue.kvlist:
      out.text(json(b, from, end, 0));
      return;
    default:
      out.uint8(0);
  }
}

/** The AnyValue message b[from, end) as JSON. */
function json(b: Uint8Array, from: number, end: number, depth: number): string {
  valueField(b, from, end);
  const at = valueAt;
  switch (valueTag) {
    case AnyValue.string: {
      const to = lengthEnd(b, at, end);
      return jsonString(text(b, next, to));
    }
    case AnyValue.bool:
      return varint(b, at, end) === 0 ? 'false' : 'true';
    case AnyValue.int:
      return int64(b, at, end).toString();
    case AnyValue.double: {
      past(at, 8, end);
      const value = double(b, at);
      return Number.isFinite(value) ? doubleText(value) : 'null';
    }
    case AnyValue.bytes: {
      const to = lengthEnd(b, at, end);
      return `"${base64(b, next, to)}"`;
    }
    case AnyValue.array: {
      const to = lengthEnd(b, at, end);
      return depth < MAX_DEPTH ? jsonArray(b, next, to, depth) : 'null';
    }
    case AnyValue.kvlist: {
      const to = lengthEnd(b, at, end);
      return depth < MAX_DEPTH ? jsonObject(b, next, to, depth) : 'null';
    }
    default:
      return 'null';
  }
}

function jsonArray(b: Uint8Array, from: number, end: number, depth: number): string {
  const items: string[] = [];
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field !== VALUES) continue;
    lengthEnd(b, start, end);
    items.push(json(b, next, p, depth + 1));
  }
  return `[${items.join(',')}]`;
}

function jsonObject(b: Uint8Array, from: number, end: number, depth: number): string {
  const entries = new Map<string, string>();
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field !== VALUES) continue;
    lengthEnd(b, start, end);
    const [key, value] = jsonEntry(b, next, p, depth);
    if (!entries.has(key)) entries.set(key, value);
  }
  const sorted = [...entries].sort(([a], [z]) => Buffer.compare(Buffer.from(a), Buffer.from(z)));
  return `{${sorted.map(([key, value]) => `${jsonString(key)}:${value}`).join(',')}}`;
}

function jsonEntry(b: Uint8Array, from: number, end: number, depth: number): [string, string] {
  let key = '';
  let value = 'null';
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field === KeyValue.key) {
      lengthEnd(b, start, end);
      key = text(b, next, p);
    } else if (field === KeyValue.value) {
      lengthEnd(b, start, end);
      value = json(b, next, p, depth + 1);
    }
  }
  return [key, value];
}
