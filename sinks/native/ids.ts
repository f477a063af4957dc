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

  /** Makes room for so many more: they may be written to `items`. */
  room(more: number): void {
    if (this.length + more > this.items.length) this.#grow(this.length + more);
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
    const grown = new Uint32Array(Math.max(Math.ceil(atLeast), this.items.length * 2));
    grown.set(this.items);
    this.items = grown;
  }

  /** Writes them as UInt8, UInt16 or UInt32. */
  write(out: RowBuffer, bytes: 1 | 2 | 4): void {
    const { items, length } = this;
    let at = out.reserve(length * bytes);
    const to = out.asWords;
    let i = 0;
    // Words as long as there are whole ones.
    if (bytes === 1) {
      for (; i + 4 <= length; i += 4, at += 4) {
        const word = items[i] | (items[i + 1] << 8) | (items[i + 2] << 16) | (items[i + 3] << 24);
        to.setInt32(at, word, true);
      }
    } else if (bytes === 2) {
      for (; i + 2 <= length; i += 2, at += 4) to.setInt32(at, items[i] | (items[i + 1] << 16), true);
    }
    for (; i < length; i++, at += bytes) {
      if (bytes === 1) to.setUint8(at, items[i]);
      else if (bytes === 2) to.setUint16(at, items[i], true);
      else to.setUint32(at, items[i], true);
    }
  }

  /** Writes running totals as UInt64: what the arrays' ends are, of their lengths. */
  writeTotals(out: RowBuffer): void {
    const { items, length } = this;
    const from = out.reserve(length * 8);
    const to = out.asWords;
    let total = 0;
    // Totals stay below 4 GiB: bodies are bounded far below.
    for (let i = 0, at = from; i < length; i++, at += 8) {
      total += items[i];
      to.setUint32(at, total, true);
      to.setUint32(at + 4, 0, true);
    }
  }
}
