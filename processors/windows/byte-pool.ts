import { grown } from '../grown.ts';
import { hashOf, sameBytes } from './hash.ts';

/** Byte strings in one buffer, for as long as the pool lives; some of them once only, however often they are put in. */
export class BytePool {
  /** What positions point into; another one after anything was put in. */
  bytes: Uint8Array = new Uint8Array(512);
  #length = 0;
  /** Of each string that stands once only: where it begins, where it ends, its hash. */
  #strings = new Int32Array(3 * 8);
  #count = 0;
  /** Numbers of strings, plus one, by hash; 0: none. A power of two. */
  #slots = new Int32Array(16);

  /** Puts the bytes in; returns where they begin. */
  append(b: Uint8Array, from: number, to: number): number {
    const start = this.#length;
    const length = to - from;
    if (start + length > this.bytes.length)
      this.bytes = grown(this.bytes, Math.max(this.bytes.length * 2, start + length));
    const { bytes } = this;
    for (let i = 0; i < length; i++) bytes[start + i] = b[from + i];
    this.#length = start + length;
    return start;
  }

  /** The number of these bytes, from 0 on: the same for the same bytes. */
  intern(b: Uint8Array, from: number, to: number): number {
    const hash = hashOf(b, from, to);
    const strings = this.#strings;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let known = this.#slots[slot]; known !== 0; known = this.#slots[slot]) {
      const at = (known - 1) * 3;
      const start = strings[at];
      if (
        strings[at + 2] === hash &&
        strings[at + 1] - start === to - from &&
        sameBytes(this.bytes, start, b, from, to)
      )
        return known - 1;
      slot = (slot + 1) & mask;
    }
    return this.#add(slot, hash, this.append(b, from, to));
  }

  /** Strings that stand once only. */
  get count(): number {
    return this.#count;
  }

  /** Where the string of this number begins. */
  startOf(string: number): number {
    return this.#strings[string * 3];
  }

  #add(slot: number, hash: number, start: number): number {
    const string = this.#count++;
    const at = string * 3;
    if (at + 3 > this.#strings.length) this.#strings = grown(this.#strings, this.#strings.length * 2);
    this.#strings[at] = start;
    this.#strings[at + 1] = this.#length;
    this.#strings[at + 2] = hash;
    this.#slots[slot] = string + 1;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return string;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let string = 0; string < this.#count; string++) {
      let slot = this.#strings[string * 3 + 2] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = string + 1;
    }
    this.#slots = slots;
  }
}
