import { fillRows } from './arrays.ts';
import { keptInt32s } from './scratch.ts';

const keptSlots = keptInt32s();
const keptNext = keptInt32s();

/**
 * Rows by span id: an open-addressing hash table over the ids' words, without strings or BigInts. Rows that share an
 * id (Zipkin's client and server halves) form a chain in rising order. One at a time: the next takes its place.
 */
export class SpanIndex {
  readonly #slots: Int32Array;
  readonly #next: Int32Array;
  readonly #ids: Uint32Array;
  readonly #mask: number;

  /** `ids`: two words for each of n rows, as `idWords` gives them. */
  constructor(ids: Uint32Array, n: number) {
    let size = 16;
    while (size < n * 2) size *= 2;
    this.#mask = size - 1;
    this.#slots = fillRows(keptSlots(size), size, -1);
    this.#next = keptNext(n);
    this.#ids = ids;
    for (let row = n - 1; row >= 0; row--) {
      const slot = this.#slot(ids[row * 2], ids[row * 2 + 1]);
      this.#next[row] = this.#slots[slot];
      this.#slots[slot] = row;
    }
  }

  /** The first row with this id, or -1. */
  first(high: number, low: number): number {
    return this.#slots[this.#slot(high, low)];
  }

  /** The next row with the same id, or -1. */
  next(row: number): number {
    return this.#next[row];
  }

  #slot(high: number, low: number): number {
    let slot = (Math.imul(high, 0x9e3779b1) ^ Math.imul(low, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & this.#mask;
    for (;;) {
      const row = this.#slots[slot];
      if (row < 0 || (this.#ids[row * 2] === high && this.#ids[row * 2 + 1] === low)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}
