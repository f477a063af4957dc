/**
 * Attributes, events and links of a Span, Resource, Scope or Event message, decoded on demand from its bytes.
 *
 * Nothing here throws: what is malformed reads as missing. kvlist and bytes values read as missing too (the door lets
 * neither in).
 */
import { AnyValue, KeyValue, Span, SpanEvent, SpanLink, VALUES } from './fields.ts';
import {
  double,
  guarded,
  hex,
  int64,
  lengthEnd,
  next,
  past,
  skip,
  tag,
  text,
  uint64,
  varint,
  WireFault,
} from './wire.ts';

/** An integer that a number cannot hold exactly is its decimal string. */
export type AttributeValue = string | number | boolean | readonly (string | number | boolean)[];

/** Field numbers of `attributes` in each message. */
export const ATTRIBUTES_OF = { span: 9, resource: 1, scope: 3, event: 3, link: 4 } as const;

function scalar(b: Uint8Array, field: number, p: number, end: number): AttributeValue | undefined {
  switch (field) {
    case AnyValue.string: {
      const e = lengthEnd(b, p, end);
      return text(b, next, e);
    }
    case AnyValue.bool:
      return varint(b, p, end) !== 0;
    case AnyValue.int: {
      const value = int64(b, p, end);
      return typeof value === 'bigint' ? value.toString() : value;
    }
    case AnyValue.double:
      past(p, 8, end);
      return double(b, p);
    case AnyValue.array: {
      const e = lengthEnd(b, p, end);
      return list(b, next, e);
    }
    default:
      return undefined;
  }
}

function list(b: Uint8Array, from: number, end: number): AttributeValue | undefined {
  const items: (string | number | boolean)[] = [];
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    if (field !== VALUES) {
      p = skip(b, next, end, field);
      continue;
    }
    const e = lengthEnd(b, next, end);
    const item = anyValue(b, next, e, false);
    if (item === undefined || typeof item === 'object') return undefined;
    items.push(item);
    p = e;
  }
  return items;
}

/** An AnyValue message; its last field counts. Arrays only at the top, so that nesting cannot recurse. */
function anyValue(b: Uint8Array, from: number, end: number, arrays: boolean): AttributeValue | undefined {
  let value: AttributeValue | undefined;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    p = next;
    const e = skip(b, p, end, field);
    value = field === AnyValue.array && !arrays ? undefined : scalar(b, field, p, end);
    p = e;
  }
  return value;
}

/** Where the key and the value of the KeyValue last read by `keyValue` stand. */
let keyAt = 0;
let keyEnd = 0;
let valueAt = 0;
let valueEnd = 0;
function keyValue(b: Uint8Array, from: number, end: number): void {
  keyAt = keyEnd = valueAt = valueEnd = from;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    p = next;
    const e = skip(b, p, end, field);
    if (field === KeyValue.key) {
      keyEnd = lengthEnd(b, p, end);
      keyAt = next;
    } else if (field === KeyValue.value) {
      valueEnd = lengthEnd(b, p, end);
      valueAt = next;
    }
    p = e;
  }
}

/** The bounds of key and value of the KeyValue message b[from, end); malformed bytes throw WireFault. */
export function keyValueAt(b: Uint8Array, from: number, end: number) {
  keyValue(b, from, end);
  return { keyAt, keyEnd, valueAt, valueEnd };
}

const INT_TAG = AnyValue.int * 8; // a varint follows

/** The AnyValue message b[from, end); undefined where malformed. */
export function attributeValue(b: Uint8Array, from: number, end: number): AttributeValue | undefined {
  // Statuses and counts: an integer of one or two bytes and nothing else.
  if (b[from] === INT_TAG && end <= b.length) {
    if (end - from === 2 && b[from + 1] < 0x80) return b[from + 1];
    if (end - from === 3 && b[from + 1] >= 0x80 && b[from + 2] < 0x80)
      return (b[from + 1] & 0x7f) | (b[from + 2] << 7);
  }
  try {
    return anyValue(b, from, end, true);
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}

const keys = new Map<string, Uint8Array>();
function keyBytes(key: string): Uint8Array {
  let bytes = keys.get(key);
  if (bytes === undefined) {
    bytes = Buffer.from(key);
    if (keys.size < 4096) keys.set(key, bytes);
  }
  return bytes;
}

function find(b: Uint8Array, from: number, end: number, wanted: number, key: Uint8Array) {
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    if (field !== wanted) {
      p = skip(b, next, end, field);
      continue;
    }
    const e = lengthEnd(b, next, end);
    // Cheap look at the usual layout (key first) before anything is decoded.
    if (!(b[next] === KeyValue.key && key.length < 0x80 && b[next + 1] !== key.length)) {
      keyValue(b, next, e);
      if (sameBytes(b, keyAt, keyEnd, key)) return anyValue(b, valueAt, valueEnd, true);
    }
    p = e;
  }
  return undefined;
}

function sameBytes(b: Uint8Array, from: number, to: number, key: Uint8Array): boolean {
  if (to - from !== key.length) return false;
  for (let i = 0; i < key.length; i++) if (b[from + i] !== key[i]) return false;
  return true;
}

/** True where b[offset, offset + length) lies inside b. */
const inside = (b: Uint8Array, offset: number, length: number) =>
  offset >= 0 && length >= 0 && offset + length <= b.length;

function orUndefined<T>(read: () => T): T | undefined {
  const result = guarded(() => ({ ok: true as const, value: read() }));
  return result.ok ? result.value : undefined;
}

/**
 * The attribute `key` of the message at b[offset, offset + length), whose attributes are field number `field`
 * (ATTRIBUTES_OF). The first of a repeated key; undefined where missing.
 */
export function findAttribute(
  b: Uint8Array,
  offset: number,
  length: number,
  field: number,
  key: string,
): AttributeValue | undefined {
  if (!inside(b, offset, length)) return undefined;
  return orUndefined(() => find(b, offset, offset + length, field * 8 + 2, keyBytes(key)));
}

/** Calls `each` for every attribute of the message, in order; stops where the bytes are malformed. */
export function forEachAttribute(
  b: Uint8Array,
  offset: number,
  length: number,
  field: number,
  each: (key: string, value: AttributeValue) => void,
): void {
  if (!inside(b, offset, length)) return;
  const end = offset + length;
  guarded(() => {
    for (let p = offset; p < end; ) {
      const found = tag(b, p, end);
      const start = next;
      const e = skip(b, start, end, found);
      if (found === field * 8 + 2) {
        lengthEnd(b, start, end);
        keyValue(b, next, e);
        const key = text(b, keyAt, keyEnd);
        const value = anyValue(b, valueAt, valueEnd, true);
        if (value !== undefined) each(key, value);
      }
      p = e;
    }
    return { ok: true };
  });
}

/** Every attribute of the message as an object without prototype. */
export function attributesOf(
  b: Uint8Array,
  offset: number,
  length: number,
  field: number,
): Record<string, AttributeValue> {
  const all: Record<string, AttributeValue> = Object.create(null);
  forEachAttribute(b, offset, length, field, (key, value) => {
    if (!(key in all)) all[key] = value;
  });
  return all;
}

/** Calls `each` with the bounds of every nested message with this tag. */
function forEachMessage(
  b: Uint8Array,
  offset: number,
  length: number,
  wanted: number,
  each: (from: number, end: number) => void,
): void {
  if (!inside(b, offset, length)) return;
  const end = offset + length;
  guarded(() => {
    for (let p = offset; p < end; ) {
      const field = tag(b, p, end);
      const start = next;
      const e = skip(b, start, end, field);
      if (field === wanted) {
        lengthEnd(b, start, end);
        each(next, e);
      }
      p = e;
    }
    return { ok: true };
  });
}

export interface SpanLinkIds {
  /** 32 and 16 hex digits. */
  readonly traceId: string;
  readonly spanId: string;
}

/** The links of a Span message; a link whose ids have another length is left out. */
export function spanLinks(b: Uint8Array, spanOffset: number, spanLength: number): SpanLinkIds[] {
  const links: SpanLinkIds[] = [];
  forEachMessage(b, spanOffset, spanLength, Span.links, (from, end) => {
    let traceId = '';
    let spanId = '';
    for (let p = from; p < end; ) {
      const field = tag(b, p, end);
      const start = next;
      const e = skip(b, start, end, field);
      if (field === SpanLink.traceId || field === SpanLink.spanId) {
        lengthEnd(b, start, end);
        if (field === SpanLink.traceId) traceId = hex(b, next, e);
        else spanId = hex(b, next, e);
      }
      p = e;
    }
    if (traceId.length === 32 && spanId.length === 16) links.push({ traceId, spanId });
  });
  return links;
}

export interface SpanEventView {
  readonly timeUnixNano: bigint;
  readonly name: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** The events of a Span message, in order. */
export function spanEvents(b: Uint8Array, spanOffset: number, spanLength: number): SpanEventView[] {
  const events: SpanEventView[] = [];
  forEachMessage(b, spanOffset, spanLength, Span.events, (from, end) => {
    let timeUnixNano = 0n;
    let name = '';
    for (let p = from; p < end; ) {
      const field = tag(b, p, end);
      const start = next;
      const e = skip(b, start, end, field);
      if (field === SpanEvent.timeUnixNano) timeUnixNano = uint64(b, start);
      else if (field === SpanEvent.name) {
        lengthEnd(b, start, end);
        name = text(b, next, e);
      }
      p = e;
    }
    const attributes = attributesOf(b, from, end - from, ATTRIBUTES_OF.event);
    events.push({ timeUnixNano, name, attributes });
  });
  return events;
}
