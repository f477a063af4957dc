/**
 * Avro's binary encoding, value by value, into chunks of memory that its messages share.
 *
 * What the direct writers of the frequent events (../write-events.ts) are made of: no intermediate objects, no walk over
 * the value before it is written. Bytes and bounds are avsc's. A value that is not of its type throws (a bug of the
 * caller). https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
 */
import { writeHex } from '../otlp/words.ts';
import { MAX_LONG } from './check.ts';

/**
 * Strings up to this length (a span's id) are written by character, in the hope that they are ASCII. A longer one is
 * often still in parts, which V8 joins first: then one call into C++ costs less.
 */
const SHORT = 16;
/** Names up to this length are kept. */
const LONGEST_NAME = 40;
/** Up to this length two bytes hold the length of an ASCII string. */
const MIDDLING = 8191;
/** What one message after the other is written into; a chunk that one large event has needed is not kept. */
const CHUNK_BYTES = 64 << 10;
const KEPT_BYTES = 512 << 10;

const { charCodeAt } = String.prototype;

let chunk: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
let view = new DataView(chunk.buffer);
/** The chunk's length. */
let limit = CHUNK_BYTES;
/** Where the message begins, and where its next byte goes. */
let start = 0;
let at = 0;
/** End of the message before it: up to here the chunk belongs to messages that were handed out. */
let taken = 0;

/** A part is being written (see `Part`). */
let isPart = false;

/** Begins a message. */
export function begin(): void {
  start = taken;
  at = start;
}

/**
 * The bytes written since `begin`, which nobody writes again: they may be kept, but not transferred, since they share
 * their memory with other messages.
 */
export function finish(): Buffer {
  const bytes = chunk.subarray(start, at);
  taken = at;
  if (limit > KEPT_BYTES) replace(CHUNK_BYTES);
  return bytes;
}

/** Memory of its own, for what is written over what was there before, or behind it. */
export class Part {
  /** What was written is in bytes[0, length). */
  bytes: Buffer = Buffer.allocUnsafeSlow(0);
  length = 0;
  #view = view;

  /** What `work` writes goes here, not to a message, over all that was here. */
  write(work: () => void): void {
    if (this.bytes.length === 0 || this.bytes.length > KEPT_BYTES)
      ({ bytes: this.bytes, view: this.#view } = fresh(CHUNK_BYTES));
    this.length = 0;
    this.append(work);
  }

  /** What `work` writes goes behind what is here; nothing of it if it throws. */
  append(work: () => void): void {
    if (isPart) throw new Error('a part within a part');
    const bytes = chunk;
    const itsView = view;
    const from = start;
    const to = at;
    isPart = true;
    chunk = this.bytes;
    view = this.#view;
    limit = chunk.length;
    start = 0;
    at = this.length;
    try {
      work();
      this.length = at;
    } finally {
      this.bytes = chunk;
      this.#view = view;
      isPart = false;
      chunk = bytes;
      view = itsView;
      limit = bytes.length;
      start = from;
      at = to;
    }
  }

  /** Empty, in this memory as long as there is room in it. */
  use(memory: ArrayBuffer): void {
    this.bytes = Buffer.from(memory);
    this.#view = new DataView(memory);
    this.length = 0;
  }
}

/** Bytes of what was written into the message or part so far. */
export function position(): number {
  return at - start;
}

/** Writes once more what stands at a `position` of the same message or part. */
export function again(from: number, length: number): void {
  if (at + length + 4 > limit) grow(length + 4);
  const v = view;
  const source = start + from;
  // Words: of what stands behind the last one, the next value is written over it.
  for (let i = 0; i < length; i += 4) v.setInt32(at + i, v.getInt32(source + i, true), true);
  at += length;
}

/** Values that are written already: bytes[from, to). */
export function written(bytes: Buffer, from: number, to: number): void {
  room(to - from);
  bytes.copy(chunk, at, from, to);
  at += to - from;
}

function replace(bytes: number): void {
  taken = 0;
  ({ bytes: chunk, view } = fresh(bytes));
  limit = bytes;
}

function fresh(length: number): { readonly bytes: Buffer; readonly view: DataView } {
  const bytes = Buffer.allocUnsafeSlow(length);
  return { bytes, view: new DataView(bytes.buffer) };
}

function room(bytes: number): void {
  if (at + bytes > limit) grow(bytes);
}

/** A new chunk, which begins with what there is of the message. */
function grow(bytes: number): void {
  const written = chunk.subarray(start, at);
  const length = Math.max(CHUNK_BYTES, (written.length + bytes) * 2);
  if (isPart) {
    ({ bytes: chunk, view } = fresh(length));
    limit = length;
  } else replace(length);
  chunk.set(written);
  start = 0;
  at = written.length;
}

function invalid(value: unknown, type: string): never {
  throw new Error(`not an Avro ${type}: ${String(value)}`);
}

/** What stands before every event: byte 0, and the id of its schema. */
export function header(schema: number): void {
  room(5);
  view.setInt8(at, 0);
  view.setInt32(at + 1, schema);
  at += 5;
}

/** A zigzag varint; the value is whole and within the bounds. */
function varint(value: number): void {
  room(10);
  const b = chunk;
  let p = at;
  let low = 0;
  if (value >= -0x40000000 && value < 0x40000000) {
    low = value >= 0 ? value << 1 : (~value << 1) | 1;
  } else {
    const rest = value >= 0 ? value * 2 : -value * 2 - 1;
    const high = Math.floor(rest / 0x10000000);
    low = rest - high * 0x10000000;
    b[p++] = (low & 0x7f) | 0x80;
    b[p++] = ((low >>> 7) & 0x7f) | 0x80;
    b[p++] = ((low >>> 14) & 0x7f) | 0x80;
    b[p++] = (low >>> 21) | 0x80;
    low = high;
  }
  while (low > 0x7f) {
    b[p++] = (low & 0x7f) | 0x80;
    low >>>= 7;
  }
  b[p++] = low;
  at = p;
}

export function int(value: number): void {
  if (value !== (value | 0)) invalid(value, 'int');
  varint(value);
}

export function long(value: number): void {
  if (!Number.isInteger(value) || value > MAX_LONG || value < -MAX_LONG) invalid(value, 'long');
  varint(value);
}

/** A long of 64 bits, held as a bigint. */
export function bigLong(value: bigint): void {
  if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) invalid(value, 'long');
  room(10);
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  while (rest > 0x7fffffffn) {
    const low = Number(rest & 0xfffffffn);
    chunk[at++] = (low & 0x7f) | 0x80;
    chunk[at++] = ((low >> 7) & 0x7f) | 0x80;
    chunk[at++] = ((low >> 14) & 0x7f) | 0x80;
    chunk[at++] = (low >> 21) | 0x80;
    rest >>= 28n;
  }
  let low = Number(rest);
  while (low > 0x7f) {
    chunk[at++] = (low & 0x7f) | 0x80;
    low >>>= 7;
  }
  chunk[at++] = low;
}

export function double(value: number): void {
  if (typeof value !== 'number') invalid(value, 'double');
  room(8);
  view.setFloat64(at, value, true);
  at += 8;
}

export function boolean(value: boolean): void {
  if (typeof value !== 'boolean') invalid(value, 'boolean');
  room(1);
  chunk[at++] = value ? 1 : 0;
}

/**
 * Names that come again and again, each as it was written: its header and its bytes, four to a word. To copy words is a
 * fraction of a walk over characters. One place for each hash: of two names that share one the later stays.
 */
const PLACES = 1024;
const WORDS_OF_NAME = (1 + LONGEST_NAME + 3) >> 2;
/** What `string` may ask for, and the rest of a last word. */
const MOST_BYTES_OF_NAME = 16 + LONGEST_NAME * 3;
const names: string[] = new Array(PLACES).fill('');
const words = new Int32Array(PLACES * WORDS_OF_NAME);

/** As `string`, for what is one of few: names of services, operations, agents, measures. */
export function name(value: string): void {
  if (typeof value !== 'string') invalid(value, 'string');
  const text = `${value}`; // see `string`
  const { length } = text;
  if (length > LONGEST_NAME) {
    string(text);
    return;
  }
  if (at + MOST_BYTES_OF_NAME > limit) grow(MOST_BYTES_OF_NAME);
  if (length === 0) {
    chunk[at++] = 0;
    return;
  }
  const ends = charCodeAt.call(text, 0) ^ (charCodeAt.call(text, length - 1) << 3);
  const place = (ends ^ (charCodeAt.call(text, length >> 1) << 6) ^ (length << 5)) & (PLACES - 1);
  const first = place * WORDS_OF_NAME;
  const from = at;
  const bytes = length + 1;
  if (names[place] !== text) {
    string(text);
    if (at === from + bytes) keepName(text, place, from);
    return;
  }
  const v = view;
  for (let i = 0, word = first; i < bytes; i += 4, word++) v.setInt32(from + i, words[word], true);
  at = from + bytes;
}

/** `from`: where it was written, in ASCII. */
function keepName(text: string, place: number, from: number): void {
  let word = place * WORDS_OF_NAME;
  for (let i = from; i < at; i += 4, word++) words[word] = view.getInt32(i, true);
  names[place] = text;
}

/** UTF-8; a lone surrogate (a string that was cut in the middle of a pair) becomes U+FFFD. */
export function string(value: string): void {
  if (typeof value !== 'string') invalid(value, 'string');
  // Strings come in so many kinds (sliced, joined …) that V8 would look up `length` and `charCodeAt` each time, at 7 ns
  // a character. Of what was added to a string it knows that it is one, and of a method what it does.
  const text = `${value}`;
  const { length } = text;
  if (length > SHORT) {
    longString(value);
    return;
  }
  room(1 + length);
  const b = chunk;
  let p = at;
  b[p++] = length << 1;
  for (let i = 0; i < length; i++) {
    const code = charCodeAt.call(text, i);
    if (code > 0x7f) {
      longString(value); // from `at` on again
      return;
    }
    b[p++] = code;
  }
  at = p;
}

/** The id that was written last, and its header and bytes, four to a word. */
let lastId = '';
const LONGEST_ID = 32;
/** What `string` may ask for, and the rest of a last word. */
const MOST_BYTES_OF_ID = 16 + LONGEST_ID * 3;
const wordsOfId = new Int32Array((LONGEST_ID + 4) >> 2);

/** As `string`, for an id that is written several times, one after the other: a trace's. */
export function id(value: string): void {
  if (value !== lastId || value === '') {
    if (value.length <= LONGEST_ID) room(MOST_BYTES_OF_ID);
    const from = at;
    string(value);
    // What is not ASCII has more bytes.
    if (value.length > LONGEST_ID || at - from !== value.length + 1) return;
    for (let i = 0; i < at - from; i += 4) wordsOfId[i >> 2] = view.getInt32(from + i, true);
    lastId = value;
    return;
  }
  const bytes = value.length + 1;
  room(bytes + 3);
  const v = view;
  for (let i = 0; i < bytes; i += 4) v.setInt32(at + i, wordsOfId[i >> 2], true);
  at += bytes;
}

/** A string's UTF-8 alone, without its length: a key. */
export function text(value: string): void {
  room(value.length * 3);
  at += chunk.write(value, at, 'utf8');
}

function longString(value: string): void {
  if (value.length > SHORT && value.length <= MIDDLING && asciiString(value)) return;
  const good = value.isWellFormed() ? value : value.toWellFormed();
  const bytes = Buffer.byteLength(good);
  varint(bytes);
  room(bytes);
  at += chunk.write(good, at, bytes, 'utf8');
}

/** In one call into C++; false where it was no ASCII. */
function asciiString(value: string): boolean {
  const { length } = value;
  room(2 + length * 3);
  const header = length < 64 ? 1 : 2;
  if (chunk.write(value, at + header, length * 3, 'utf8') !== length) return false;
  varint(length);
  at += length;
  return true;
}

/** As a string: lower-case hex of bytes[from, to), of up to 31 bytes. */
export function hexOf(bytes: Uint8Array, from: number, to: number): void {
  room(1 + (to - from) * 2);
  chunk[at++] = (to - from) << 2;
  at = writeHex(bytes, from, to, view, at);
}

/** The position of `value` among the symbols of an enum. */
export function symbol(symbols: readonly string[], value: string): void {
  const index = symbols.indexOf(value);
  if (index < 0) invalid(value, `enum of ${symbols.join(', ')}`);
  varint(index);
}

/** Begins an array: one block of all its items, which the caller writes, then `endOfArray`. Returns how many they are. */
export function beginArray(items: readonly unknown[]): number {
  if (!Array.isArray(items)) invalid(items, 'array');
  const { length } = items;
  beginItems(length);
  return length;
}

/** Begins an array of `n` items. */
export function beginItems(n: number): void {
  if (n > 0) varint(n);
}

/** The `index`th symbol of an enum. */
export function symbolAt(index: number): void {
  varint(index);
}

/** The empty block. */
export function endOfArray(): void {
  room(1);
  chunk[at++] = 0;
}
