/**
 * Avro values → RowBinary values, byte by byte: no objects and no strings in between.
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
const UNUSUAL = new Unusual();

const HEADER_BYTES = 5;
/** A symbol of one byte becomes a String of a few, a long of one byte eight: no value grows more than that. */
const GROWTH = 16;
/** Larger records are rare, and would have much room held for them. */
const MAX_BYTES = 1 << 20;
/** Up to here a loop copies faster than a call. */
const SHORT = 200;
const NOT_ASCII = 0x80808080;
/** Texts of up to so many bytes are copied as so many whole words, and what is too much is written over: no loop's end to guess. */
const FEW = 32;
const FEW_WORDS = FEW / 4;
/** By a text's size: which bits of its words are its own. */
const OWN = new Int32Array((FEW + 1) * FEW_WORDS);
for (let size = 0; size <= FEW; size++) new Uint8Array(OWN.buffer, size * FEW, size).fill(0xff);

/** All of the buffer that the record is in, as those of a batch are: not made for each of them. */
let b: Uint8Array = new Uint8Array(0);
/** The same, by words. */
let words: DataView = new DataView(b.buffer);
let at = 0;
let end = 0;
/** What is written, and where next. */
let o: Uint8Array = b;
let outWords = words;
let to = 0;

/** The id of this version of an event. */
export function schemaId(name: EventName, version: number): number {
  const found = versionsOf(name).find((each) => each.version === version);
  if (found === undefined) throw new Error(`no schema of ${name} v${version} has an id`);
  return found.id;
}

/** The symbols of an enum as Strings, each at the beginning of 16 bytes. */
interface Symbols {
  readonly count: number;
  readonly sizes: Uint8Array;
  readonly words: Int32Array;
}

/** The longest of `symbols` is GROWTH − 1 bytes. */
export function symbolsOf(symbols: readonly string[]): Symbols {
  const bytes = new Uint8Array(symbols.length * GROWTH);
  for (const [i, symbol] of symbols.entries()) bytes.set([symbol.length, ...Buffer.from(symbol)], i * GROWTH);
  const sizes = Uint8Array.from(symbols, (symbol) => symbol.length + 1);
  return { count: symbols.length, sizes, words: new Int32Array(bytes.buffer) };
}

/** Fields that stand one after another, and become values that do. */
export interface Fields {
  readonly kinds: Uint8Array;
  /** Of its enum: there is one at most. */
  readonly symbols: Symbols;
}

/** string → String */
export const TEXT = 0;
/** int → UInt32 */
export const INT = 1;
/** long → Int64, where a number holds it exactly */
export const LONG = 2;
/** long of any 64 bits → Int64 */
export const NANOS = 3;
/** double → Float64 */
export const DOUBLE = 4;
/** boolean → UInt8 */
export const BOOLEAN = 5;
/** An enum's symbol → String */
const SYMBOL = 6;

const NO_SYMBOLS = symbolsOf([]);

export const fieldsOf = (...kinds: readonly (number | Symbols)[]): Fields => ({
  kinds: Uint8Array.from(kinds, (kind) => (typeof kind === 'number' ? kind : SYMBOL)),
  symbols: kinds.find((kind) => typeof kind !== 'number') ?? NO_SYMBOLS,
});

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
  out.reserve(bytes.length * GROWTH + FEW);
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

function byte(): number {
  if (at >= end) throw UNUSUAL;
  return b[at++];
}

/** A zigzag varint of 32 bits. */
function small(): number {
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

function write32(value: number): void {
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
function long(): number {
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
function text(): void {
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

/** Copies the fields, so many times over. */
export function copy({ kinds, symbols }: Fields, times = 1): void {
  const from = b;
  const fromWords = words;
  const whole = o;
  const toWords = outWords;
  /** Up to here no word that is read is behind the buffer's end. */
  const safe = Math.min(end, from.length - FEW);
  let p = at;
  let q = to;
  for (let i = 0; i < times; i++) {
    for (let k = 0; k < kinds.length; k++) {
      const kind = kinds[k];
      // Nearly all of what there is stands in few bytes: it is copied here, the rest by what follows `else`.
      if (kind === TEXT) {
        const size = from[p] >>> 1;
        if (p < safe && (from[p] & 0x81) === 0 && size <= FEW && size < end - p) {
          whole[q++] = size;
          p++;
          const own = size * FEW_WORDS;
          const w0 = fromWords.getInt32(p, true);
          const w1 = fromWords.getInt32(p + 4, true);
          const w2 = fromWords.getInt32(p + 8, true);
          const w3 = fromWords.getInt32(p + 12, true);
          toWords.setInt32(q, w0, true);
          toWords.setInt32(q + 4, w1, true);
          toWords.setInt32(q + 8, w2, true);
          toWords.setInt32(q + 12, w3, true);
          let all = (w0 & OWN[own]) | (w1 & OWN[own + 1]) | (w2 & OWN[own + 2]) | (w3 & OWN[own + 3]);
          if (size > FEW / 2) {
            const w4 = fromWords.getInt32(p + 16, true);
            const w5 = fromWords.getInt32(p + 20, true);
            const w6 = fromWords.getInt32(p + 24, true);
            const w7 = fromWords.getInt32(p + 28, true);
            toWords.setInt32(q + 16, w4, true);
            toWords.setInt32(q + 20, w5, true);
            toWords.setInt32(q + 24, w6, true);
            toWords.setInt32(q + 28, w7, true);
            all |= (w4 & OWN[own + 4]) | (w5 & OWN[own + 5]) | (w6 & OWN[own + 6]) | (w7 & OWN[own + 7]);
          }
          p += size;
          q += size;
          if ((all & NOT_ASCII) !== 0 && !isUtf8(from.subarray(p - size, p))) throw UNUSUAL;
          continue;
        }
      } else if (kind === INT) {
        const value = from[p];
        if (p < end && value < 0x80) {
          toWords.setInt32(q, (value >>> 1) ^ -(value & 1), true);
          p++;
          q += 4;
          continue;
        }
      } else if (kind === LONG) {
        if (p + 5 <= end) {
          const word = fromWords.getInt32(p, true);
          // The highest bit of each byte that is the last of its number.
          const ends = ~word & NOT_ASCII;
          let low =
            (word & 0x7f) | ((word >>> 1) & 0x3f80) | ((word >>> 2) & 0x1fc000) | ((word >>> 3) & 0xfe00000);
          let high = 0;
          let bits = 35;
          if (ends !== 0) {
            // 7, 15, 23 or 31 of the lowest one: 7 bits of each byte.
            bits = (((31 - Math.clz32(ends & -ends)) >>> 3) + 1) * 7;
            low &= (1 << bits) - 1;
          } else {
            const fifth = from[p + 4];
            low |= fifth << 28;
            high = fifth >>> 4;
          }
          if (high < 8) {
            const sign = -(low & 1);
            toWords.setInt32(q, ((low >>> 1) | (high << 31)) ^ sign, true);
            toWords.setInt32(q + 4, (high >>> 1) ^ sign, true);
            p += bits / 7;
            q += 8;
            continue;
          }
        }
      } else if (kind === DOUBLE) {
        if (end - p < 8) throw UNUSUAL;
        // Of NaN there are many: another reader writes the one.
        if ((from[p + 7] & 0x7f) === 0x7f && (from[p + 6] & 0xf0) === 0xf0) throw UNUSUAL;
        toWords.setInt32(q, fromWords.getInt32(p, true), true);
        toWords.setInt32(q + 4, fromWords.getInt32(p + 4, true), true);
        p += 8;
        q += 8;
        continue;
      } else if (kind !== NANOS) {
        // Whatever its length: a number of one byte is meant.
        const value = from[p];
        if (p >= end) throw UNUSUAL;
        p++;
        if (kind === BOOLEAN) {
          if (value > 1) throw UNUSUAL;
          whole[q++] = value;
          continue;
        }
        const symbol = value >>> 1;
        if ((value & 0x81) !== 0 || symbol >= symbols.count) throw UNUSUAL;
        toWords.setInt32(q, symbols.words[symbol * 4], true);
        toWords.setInt32(q + 4, symbols.words[symbol * 4 + 1], true);
        toWords.setInt32(q + 8, symbols.words[symbol * 4 + 2], true);
        toWords.setInt32(q + 12, symbols.words[symbol * 4 + 3], true);
        q += symbols.sizes[symbol];
        continue;
      }
      at = p;
      to = q;
      rare(kind);
      p = at;
      q = to;
    }
  }
  at = p;
  to = q;
}

/** What `copy` takes only in few bytes, of any size. */
function rare(kind: number): void {
  if (kind === TEXT) text();
  else if (kind === INT) write32(small());
  else {
    const upper = long();
    if (kind === LONG && (upper >= 0x1fffff || upper < -0xfffff)) throw UNUSUAL;
  }
}

/** The length of an Array whose items are not read here. */
export function length(items: number): void {
  writeVarint(items);
}

/** How many items the array has whose first one is next; its length is written. */
function items(): number {
  const count = small();
  if (count < 0 || count > end - at) throw UNUSUAL;
  writeVarint(count);
  return count;
}

/** The block behind the last one. */
function lastBlock(): void {
  if (byte() !== 0) throw UNUSUAL;
}

/** An array of records: its length, then each by `write`. */
export function array(write: () => void): void {
  const count = items();
  if (count === 0) return;
  for (let i = 0; i < count; i++) write();
  lastBlock();
}

/** An array of records of fields. */
export function arrayOf(fields: Fields): void {
  const count = items();
  if (count === 0) return;
  copy(fields, count);
  lastBlock();
}
