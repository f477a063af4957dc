/**
 * The record that is copied from Avro to RowBinary: where it is read and written, and its values one by one, of any size.
 *
 * It copies what our own writers leave (schemas/avro/writer.ts): arrays in one block, numbers within their bounds, UTF-8. At
 * the first thing that is otherwise, be it wrong or only unusual, it gives up and leaves nothing: then `decode` reads the
 * record, and refuses it in its own words where it is wrong.
 * https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
 */
import { isUtf8 } from 'node:buffer';
import { versionsOf } from '#schemas/avro/catalog.ts';
import type { EventName } from '#schemas/events.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';

/** Not an Error: nobody looks at a stack. */
class Unusual {}
export const UNUSUAL = new Unusual();

/** A zero and the id, before the values. */
const HEADER_BYTES = 5;
/** A symbol of one byte becomes a String of a few, a long of one byte eight: no value grows more than that. */
export const GROWTH = 16;
/** Larger records are rare, and would have much room held for them. */
const MAX_BYTES = 1 << 20;
/** Up to here a loop copies faster than a call. */
const SHORT = 200;
const NOT_ASCII = 0x80808080;
/** Behind what is written and within the room for it, so many bytes may be written that are not wanted. */
const SPARE = 32;

/** All of the buffer that the record is in, as those of a batch are: not made for each of them. */
export let b: Uint8Array = new Uint8Array(0);
/** The same, by words. */
export let words: DataView = new DataView(b.buffer);
export let at = 0;
export let end = 0;
/** What is written, and where next. */
export let o: Uint8Array = new Uint8Array(0);
export let outWords: DataView = new DataView(o.buffer);
export let to = 0;

/** The id of this version of an event. */
export function schemaId(name: EventName, version: number): number {
  const found = versionsOf(name).find((each) => each.version === version);
  if (found === undefined) throw new Error(`no schema of ${name} v${version} has an id`);
  return found.id;
}

/** Is `bytes` a record of the schema with this id? */
export function isOf(id: number, bytes: Uint8Array): boolean {
  return (
    bytes.length > HEADER_BYTES &&
    bytes[0] === 0 &&
    ((bytes[1] << 24) | (bytes[2] << 16) | (bytes[3] << 8) | bytes[4]) === id
  );
}

/** Appends what `write` makes of the record; false (nothing appended) where it is to be read another way. */
export function copied(out: RowBuffer, bytes: Uint8Array, write: () => void): boolean {
  if (bytes.length > MAX_BYTES) return false;
  const { length } = out;
  out.reserve(bytes.length * GROWTH + SPARE);
  out.length = length;
  if (b.buffer !== bytes.buffer) {
    b = new Uint8Array(bytes.buffer);
    words = new DataView(bytes.buffer);
  }
  at = bytes.byteOffset + HEADER_BYTES;
  end = bytes.byteOffset + bytes.length;
  o = out.whole;
  outWords = out.asWords;
  to = length;
  try {
    write();
  } catch (error) {
    if (error instanceof Unusual) return false;
    throw error;
  }
  if (at !== end) return false;
  out.length = to;
  return true;
}

/** Where the next value is read, to be read again with `reread`. */
export const position = (): number => at;

/** Writes the values at `position` (they have been read before, so they are good) once more, or at last. */
export function reread(from: number, write: () => void): void {
  const back = at;
  at = from;
  write();
  at = back;
}

/** Reads values that the row has not. */
export function skipped(read: () => void): void {
  const back = to;
  read();
  to = back;
}

/** `copy` has read and written so far. */
export function moved(read: number, written: number): void {
  at = read;
  to = written;
}

function byte(): number {
  if (at >= end) throw UNUSUAL;
  return b[at++];
}

/** A zigzag varint of 32 bits. */
export function small(): number {
  let value = byte();
  if (value >= 0x80) {
    value &= 0x7f;
    for (let shift = 7; ; shift += 7) {
      const next = byte();
      if (shift === 28 && next > 0x0f) throw UNUSUAL;
      value |= (next & 0x7f) << shift;
      if (next < 0x80) break;
    }
  }
  return (value >>> 1) ^ -(value & 1);
}

export function write32(value: number): void {
  outWords.setInt32(to, value, true);
  to += 4;
}

function writeVarint(value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    o[to++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  o[to++] = rest;
}

/** A long; returns its upper half. Those of ten bytes are another reader's. */
export function long(): number {
  let low = byte();
  let high = 0;
  if (low >= 0x80) {
    low &= 0x7f;
    for (let shift = 7; ; shift += 7) {
      if (shift === 63) throw UNUSUAL;
      const next = byte();
      const bits = next & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high = bits >>> 4;
      else if (shift > 32) high |= bits << (shift - 32);
      if (next < 0x80) break;
    }
  }
  const sign = -(low & 1);
  const upper = (high >>> 1) ^ sign;
  write32(((low >>> 1) | (high << 31)) ^ sign);
  write32(upper);
  return upper;
}

/** A text of any size. */
export function text(): void {
  const size = small();
  if (size < 0 || size > end - at) throw UNUSUAL;
  writeVarint(size);
  const from = at;
  at += size;
  if (size > SHORT) {
    const whole = b.subarray(from, at);
    if (!isUtf8(whole)) throw UNUSUAL;
    o.set(whole, to);
    to += size;
    return;
  }
  let all = 0;
  if (size < 4) {
    for (let i = from; i < at; i++) {
      const each = b[i];
      all |= each;
      o[to++] = each;
    }
  } else {
    const last = at - 4;
    for (let i = from, k = to; i < last; i += 4, k += 4) {
      const four = words.getInt32(i, true);
      all |= four;
      outWords.setInt32(k, four, true);
    }
    // The last word may overlap the one before it.
    const four = words.getInt32(last, true);
    all |= four;
    to += size;
    outWords.setInt32(to - 4, four, true);
  }
  if ((all & NOT_ASCII) !== 0 && !isUtf8(b.subarray(from, at))) throw UNUSUAL;
}

/** The length of an Array whose items are not read here. */
export function length(items: number): void {
  writeVarint(items);
}

/** How many items the array has whose first one is next; its length is written. */
export function items(): number {
  const count = small();
  if (count < 0 || count > end - at) throw UNUSUAL;
  writeVarint(count);
  return count;
}

/** The block behind the last one. */
export function lastBlock(): void {
  if (byte() !== 0) throw UNUSUAL;
}
