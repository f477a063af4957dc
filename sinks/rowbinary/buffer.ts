/**
 * A growing buffer of ClickHouse RowBinary: values one after another, without names or separators.
 * https://clickhouse.com/docs/interfaces/formats/RowBinary
 */

import { copyBytes, writeHex } from '#schemas/otlp/words.ts';
import type { Rows } from './rows.ts';

/** By number, its String: a length and up to three digits are one word. */
const SMALL_NUMBERS = Int32Array.from({ length: 1000 }, (_, value) => {
  const text = String(value);
  let word = text.length;
  for (let i = 0; i < text.length; i++) word |= text.charCodeAt(i) << (8 * (i + 1));
  return word;
});

/** Up to here a loop copies faster than a call of `set`. */
const SHORT = 160;
/** The same of a loop that repeats words. */
const SHORT_REPEAT = 512;
/** Bytes that are copied whether they are wanted or not. */
const FEW = 16;
/** And writes text faster than a call of `write`; its length is one byte. */
const SHORT_TEXT = 48;

export class RowBuffer implements Rows {
  readonly format = 'RowBinary';
  #bytes: Buffer;
  /** The same, by words. */
  #words: DataView;
  /** Bytes written; set it back to drop what came after. */
  length = 0;

  constructor(capacity = 64 << 10) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
    this.#words = new DataView(this.#bytes.buffer);
  }

  /** The bytes [from, to): valid until the next write. */
  view(from = 0, to = this.length): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  body(): Uint8Array {
    return this.view();
  }

  clear(): void {
    this.length = 0;
  }

  #room(bytes: number): Buffer {
    if (this.length + bytes > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.length + bytes, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.length);
      this.#bytes = grown;
      this.#words = new DataView(grown.buffer);
    }
    return this.#bytes;
  }

  /** Makes room for so many bytes more at once. */
  room(bytes: number): void {
    this.#room(bytes);
  }

  /** UInt8, Bool. */
  uint8(value: number): void {
    this.#room(1)[this.length++] = value;
  }

  /** The length of a String, Array or Map (unsigned LEB128). */
  varint(value: number): void {
    const bytes = this.#room(8);
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes[this.length++] = (rest % 128) | 0x80;
    bytes[this.length++] = rest;
  }

  /** UInt32 and, of a negative value, Int32. */
  uint32(value: number): void {
    this.#room(4);
    this.#words.setInt32(this.length, value, true);
    this.length += 4;
  }

  /** 64 bits as two unsigned 32-bit halves. */
  words(low: number, high: number): void {
    this.#room(8);
    this.#words.setInt32(this.length, low, true);
    this.#words.setInt32(this.length + 4, high, true);
    this.length += 8;
  }

  /** Int64, UInt64, DateTime64. */
  int64(value: number | bigint): void {
    this.length = this.#room(8).writeBigInt64LE(BigInt.asIntN(64, BigInt(value)), this.length);
  }

  float64(value: number): void {
    this.length = this.#room(8).writeDoubleLE(value, this.length);
  }

  /** A String of JavaScript text. */
  text(value: string): void {
    if (value.length <= SHORT_TEXT && this.#ascii(value)) return;
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.#room(size).write(value, this.length);
    this.length += size;
  }

  /** Writes short ASCII text without leaving JavaScript; false (nothing written) where it is something else. */
  #ascii(value: string): boolean {
    const size = value.length;
    const bytes = this.#room(size + 1);
    const at = this.length + 1;
    for (let i = 0; i < size; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[at + i] = code;
    }
    bytes[at - 1] = size;
    this.length = at + size;
    return true;
  }

  /** A String of a whole number from 0 to 2^31 − 1, in decimal. */
  decimal(value: number): void {
    if (value < SMALL_NUMBERS.length) {
      const text = SMALL_NUMBERS[value];
      this.#room(4);
      this.#words.setInt32(this.length, text, true);
      this.length += 1 + (text & 0xff);
      return;
    }
    let digits = 1;
    for (let rest = value; rest > 9; rest = (rest / 10) | 0) digits++;
    const bytes = this.#room(digits + 1);
    bytes[this.length] = digits;
    let rest = value;
    for (let at = this.length + digits; at > this.length; at--) {
      const tenth = (rest / 10) | 0;
      bytes[at] = 48 + rest - tenth * 10;
      rest = tenth;
    }
    this.length += digits + 1;
  }

  /** A String of b[from, to). */
  string(b: Uint8Array, from: number, to: number): void {
    if (from === to) {
      this.uint8(0);
      return;
    }
    this.varint(to - from);
    this.raw(b, from, to);
  }

  /** b[from, to) as it is. */
  raw(b: Uint8Array, from: number, to: number): void {
    const size = to - from;
    const bytes = this.#room(size);
    if (size > SHORT) bytes.set(b.subarray(from, to), this.length);
    else for (let i = 0, at = this.length; i < size; i++) bytes[at + i] = b[from + i];
    this.length += size;
  }

  /** b[from, to) as it is, `words` being those of `b`. */
  copy(b: Uint8Array, words: DataView, from: number, to: number): void {
    const size = to - from;
    if (size > SHORT) this.raw(b, from, to);
    else if (size > FEW || from + FEW > b.length) {
      this.#room(size);
      copyBytes(words, from, this.#words, this.length, size);
      this.length += size;
    } else {
      // Always as many: what is too much is written over, and no loop's end has to be guessed.
      this.#room(FEW);
      const out = this.#words;
      const at = this.length;
      out.setInt32(at, words.getInt32(from, true), true);
      out.setInt32(at + 4, words.getInt32(from + 4, true), true);
      out.setInt32(at + 8, words.getInt32(from + 8, true), true);
      out.setInt32(at + 12, words.getInt32(from + 12, true), true);
      this.length = at + size;
    }
  }

  /** All of `view` as it is. */
  bytes(view: Uint8Array): void {
    this.#room(view.length).set(view, this.length);
    this.length += view.length;
  }

  /** The last `size` bytes so many times more. */
  repeat(size: number, times: number): void {
    const from = this.length - size;
    const to = this.length + size * times;
    const bytes = this.#room(to - this.length);
    if (to - this.length <= SHORT_REPEAT) {
      const words = this.#words;
      let at = this.length;
      if (size >= 4) for (; at + 4 <= to; at += 4) words.setInt32(at, words.getInt32(at - size, true), true);
      for (; at < to; at++) bytes[at] = bytes[at - size];
    } else {
      // What is there is copied whole: it doubles.
      for (let at = this.length; at < to; at += at - from)
        bytes.copyWithin(at, from, Math.min(at, to - at + from));
    }
    this.length = to;
  }

  /** The `size` bytes at `from` again. */
  again(from: number, size: number): void {
    const bytes = this.#room(size);
    if (size > SHORT) bytes.copyWithin(this.length, from, from + size);
    else copyBytes(this.#words, from, this.#words, this.length, size);
    this.length += size;
  }

  /** Where `size` bytes stand that the caller fills, in `whole`. */
  reserve(size: number): number {
    this.#room(size);
    const at = this.length;
    this.length += size;
    return at;
  }

  /** All there is room for: valid until the next write. */
  get whole(): Uint8Array {
    return this.#bytes;
  }

  /** The same by words. */
  get asWords(): DataView {
    return this.#words;
  }

  /** A String of b[from, to) in lower-case hex. */
  hex(b: Uint8Array, from: number, to: number): void {
    this.varint((to - from) * 2);
    this.#room((to - from) * 2);
    this.length = writeHex(b, from, to, this.#words, this.length);
  }

  /** An Array: its length, then each item by `write`. */
  array<T>(items: readonly T[], write: (item: T) => void): void {
    this.varint(items.length);
    for (const item of items) write(item);
  }
}
