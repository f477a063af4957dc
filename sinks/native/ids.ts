/** Numbers that grow by appending: keys of a dictionary, lengths of arrays. */
import type { RowBuffer } from '../rowbinary/buffer.ts';

export class Ids {
  items = new Uint32Array(64);
  /** Set it back to drop what came after. */
  length = 0;

  push(value: number): void {
    if (this.length === this.items.length) this.#grow(this.length + 1);
    this.items[this.length++] = value;
  }

  /** Appends `value` so many times. */
  fill(value: number, times: number): void {
    const to = this.length + times;
    if (to > this.items.length) this.#grow(to);
    for (let i = this.length; i < to; i++) this.items[i] = value;
    this.length = to;
  }

  /** Appends the `size` ones at `from` again. */
  again(from: number, size: number): void {
    const to = this.length + size;
    if (to > this.items.length) this.#grow(to);
    const { items } = this;
    for (let i = from, at = this.length; at < to; i++, at++) items[at] = items[i];
    this.length = to;
  }

  /** Appends the last `size` ones so many times more. */
  repeat(size: number, times: number): void {
    const to = this.length + size * times;
    if (to > this.items.length) this.#grow(to);
    const { items } = this;
    for (let at = this.length; at < to; at++) items[at] = items[at - size];
    this.length = to;
  }

  #grow(atLeast: number): void {
    const grown = new Uint32Array(Math.max(atLeast, this.items.length * 2));
    grown.set(this.items);
    this.items = grown;
  }

  /** Writes them as UInt8, UInt16 or UInt32. */
  write(out: RowBuffer, bytes: 1 | 2 | 4): void {
    const { items, length } = this;
    const from = out.reserve(length * bytes);
    const to = out.whole;
    for (let i = 0, at = from; i < length; i++) {
      const value = items[i];
      to[at++] = value;
      if (bytes === 1) continue;
      to[at++] = value >>> 8;
      if (bytes === 2) continue;
      to[at++] = value >>> 16;
      to[at++] = value >>> 24;
    }
  }

  /** Writes running totals as UInt64: what the arrays' ends are, of their lengths. */
  writeTotals(out: RowBuffer): void {
    const { items, length } = this;
    const from = out.reserve(length * 8);
    const to = out.whole;
    let total = 0;
    // Totals stay below 4 GiB: bodies are bounded far below.
    to.fill(0, from, from + length * 8);
    for (let i = 0, at = from; i < length; i++, at += 8) {
      total += items[i];
      to[at] = total;
      to[at + 1] = total >>> 8;
      to[at + 2] = total >>> 16;
      to[at + 3] = total >>> 24;
    }
  }
}
