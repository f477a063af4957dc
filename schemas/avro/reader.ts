/**
 * Avro's binary encoding (avro.apache.org, binary encoding) from bytes, one value after the other behind a cursor of the module:
 * nothing is made for what is skipped. First `readFrom`; the readers at the end are for bytes that were walked before.
 */
import { isUtf8 } from 'node:buffer';
import { MAX_LONG, MIN_LONG } from './check.ts';

/** The factor of the eighth byte of a number. */
const MAX_FACTOR = 2 ** 49;
/** Behind what was read last. */
export let at = 0;
let end = 0;
/** The number that was read last. */
export let number = 0;

export function readFrom(b: Uint8Array, from: number): void {
  at = from;
  end = b.length;
}

export function atEnd(): boolean {
  return at === end;
}

export function long(b: Uint8Array): boolean {
  if (at >= end) return false;
  let byte = b[at++];
  if (byte < 0x80) {
    number = (byte >>> 1) ^ -(byte & 1);
    return true;
  }
  const odd = (byte & 1) === 1;
  let value = byte & 0x7f;
  for (let factor = 128; byte >= 0x80; factor *= 128) {
    if (at >= end || factor > MAX_FACTOR) return false;
    byte = b[at++];
    value += (byte & 0x7f) * factor;
  }
  // Above, an odd one is not exact.
  if (odd && value > 2 ** 53) return false;
  number = odd ? -(value + 1) / 2 : value / 2;
  return number <= MAX_LONG && number >= MIN_LONG;
}

export function int(b: Uint8Array): boolean {
  return long(b) && number === (number | 0);
}

export function skipString(b: Uint8Array): boolean {
  if (!long(b) || number < 0 || number > end - at) return false;
  const from = at;
  at += number;
  let bits = 0;
  for (let i = from; i < at; i++) bits |= b[i];
  return bits < 0x80 || isUtf8(b.subarray(from, at));
}

export function skip(bytes: number): boolean {
  at += bytes;
  return at <= end;
}

/** A list in one block, or empty. */
export function skipList(b: Uint8Array, item: (b: Uint8Array) => boolean): boolean {
  const from = at;
  if (!long(b) || number < 0 || number > end - at) return false;
  if (number === 0) return at === from + 1;
  for (let left = number; left > 0; left--) if (!item(b)) return false;
  return at < end && b[at++] === 0;
}

/** One byte: a boolean, or the symbol of an enum of two. */
export function skipBit(b: Uint8Array, most: number): boolean {
  return at < end && b[at++] <= most;
}

export function skipSymbol(b: Uint8Array): boolean {
  return at < end && (b[at] === 0 || b[at] === 2) && skip(1);
}

/** Characters of checked bytes. */
export function textAt(b: Uint8Array, from: number, to: number): string {
  return Buffer.prototype.utf8Slice.call(b, from, to);
}

// What follows reads bytes that were walked before.

export function count(b: Uint8Array): number {
  long(b);
  return number;
}

export function text(b: Uint8Array): string {
  const length = count(b);
  at += length;
  return textAt(b, at - length, at);
}

/** The next byte, of bytes that were walked before. */
export function byte(b: Uint8Array): number {
  return b[at++];
}

const eight = new DataView(new ArrayBuffer(8));
export function double(b: Uint8Array): number {
  for (let i = 0; i < 8; i++) eight.setUint8(i, b[at++]);
  return eight.getFloat64(0, true);
}

export function list<T>(b: Uint8Array, item: (b: Uint8Array) => T): T[] {
  const items: T[] = [];
  const n = count(b);
  if (n === 0) return items;
  for (let i = 0; i < n; i++) items.push(item(b));
  at++;
  return items;
}
