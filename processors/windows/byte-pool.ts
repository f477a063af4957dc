import { copyBytes, sameBytes } from '#schemas/otlp/words.ts';
import { grown } from '../grown.ts';

/** Of each string that stands once only: where it begins, where it ends, its hash. */
const STRIDE = 3;

/** Byte strings in one buffer, for as long as the pool lives; some of them once only, however often they are put in. */
export class BytePool {
  /** What positions point into; another one after anything was put in. */
  bytes: Uint8Array = new Uint8Array(512);
  /** The same. */
  words: DataView = new DataView(this.bytes.buffer);
  #length = 0;
  #strings = new Int32Array(STRIDE * 8);
  #count = 0;
  /** Numbers of strings, plus one, by hash; 0: none. A power of two. */
  #slots = new Int32Array(16);

  /** Bytes in it. */
  get length(): number {
    return this.#length;
  }

  /** Strings that stand once only. */
  get count(): number {
    return this.#count;
  }

  /** Puts the bytes [from, to) of `b` in; returns where they begin. */
  append(b: DataView, from: number, to: number): number {
    const start = this.#length;
    const end = start + to - from;
    if (end > this.bytes.length) {
      this.bytes = grown(this.bytes, Math.max(this.bytes.length * 2, end));
      this.words = new DataView(this.bytes.buffer);
    }
    copyBytes(b, from, this.words, start, to - from);
    this.#length = end;
    return start;
  }

  /** The number of these bytes, from 0 on: the same for the same bytes. `hash`: their `hashOf`. */
  intern(b: DataView, from: number, to: number, hash: number): number {
    const known = this.find(b, from, to, hash);
    return known < 0 ? this.add(b, from, to, hash) : known;
  }

  /** As `intern`; -1 where they are not in it. */
  find(b: DataView, from: number, to: number, hash: number): number {
    const strings = this.#strings;
    const slots = this.#slots;
    const mask = slots.length - 1;
    const size = to - from;
    for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const at = (slots[slot] - 1) * STRIDE;
      const start = strings[at];
      if (strings[at + 2] !== hash || strings[at + 1] - start !== size) continue;
      if (sameBytes(this.words, start, b, from, size)) return slots[slot] - 1;
    }
    return -1;
  }

  /** True where the string of this number is these bytes. */
  has(string: number, b: DataView, from: number, to: number): boolean {
    const at = string * STRIDE;
    const start = this.#strings[at];
    const size = to - from;
    return this.#strings[at + 1] - start === size && sameBytes(this.words, start, b, from, size);
  }

  /** As `intern`, of bytes that are not in it. */
  add(b: DataView, from: number, to: number, hash: number): number {
    const start = this.append(b, from, to);
    const string = this.#count++;
    const at = string * STRIDE;
    if (at + STRIDE > this.#strings.length) this.#strings = grown(this.#strings, this.#strings.length * 2);
    this.#strings[at] = start;
    this.#strings[at + 1] = this.#length;
    this.#strings[at + 2] = hash;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    else this.#put(string);
    return string;
  }

  /** Where the string of this number begins. */
  startOf(string: number): number {
    return this.#strings[string * STRIDE];
  }

  /** Where it ends. */
  endOf(string: number): number {
    return this.#strings[string * STRIDE + 1];
  }

  #put(string: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#strings[string * STRIDE + 2] & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = string + 1;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let string = 0; string < this.#count; string++) this.#put(string);
  }
}
