import type { Slice } from './slice.ts';
import type { Taken } from './waiting.ts';

const LEAST_SLOTS = 8;
/** Numbers of a slot, side by side: a look at one that is cold is one wait for memory. A power of two. */
const STRIDE = 4;
const SERIAL = 1;
const ROW = 2;

/**
 * Where a group holds each trace: number of the slice and row, by trace id, in a table of numbers with open addressing. A slice that
 * is gone takes its traces with it; their slots are freed when the table is full.
 */
export class TraceIndex {
  readonly #slices: ReadonlyMap<number, Slice>;
  /** Of each slot: the hash, the number of the slice, and the row plus one; this is 0 where the slot is free. */
  #table = new Int32Array(LEAST_SLOTS * STRIDE);
  #used = 0;

  /** `slices`: of the group, by number; a number is never used again. */
  constructor(slices: ReadonlyMap<number, Slice>) {
    this.#slices = slices;
  }

  /** The slot of the signal's trace, or −1; until the next `add`. */
  find({ words, traceAt, traceEnd, traceHash }: Taken): number {
    const table = this.#table;
    const mask = table.length - 1;
    for (let at = (traceHash * STRIDE) & mask; table[at + ROW] !== 0; at = (at + STRIDE) & mask) {
      if (table[at] !== traceHash) continue;
      if (this.#slices.get(table[at + SERIAL])?.isOf(table[at + ROW] - 1, words, traceAt, traceEnd))
        return at;
    }
    return -1;
  }

  /** The number of the slice. */
  serial(slot: number): number {
    return this.#table[slot + SERIAL];
  }

  row(slot: number): number {
    return this.#table[slot + ROW] - 1;
  }

  /** Moves the trace at `slot`. */
  move(slot: number, serial: number, row: number): void {
    this.#table[slot + SERIAL] = serial;
    this.#table[slot + ROW] = row + 1;
  }

  /** Puts in a trace that is not in it, by the hash of its id. */
  add(hash: number, serial: number, row: number): void {
    if ((this.#used + 1) * 3 > (this.#table.length / STRIDE) * 2) this.#rebuild();
    this.#put(hash, serial, row + 1);
  }

  #put(hash: number, serial: number, row: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let at = (hash * STRIDE) & mask;
    while (table[at + ROW] !== 0) at = (at + STRIDE) & mask;
    table[at] = hash;
    table[at + SERIAL] = serial;
    table[at + ROW] = row;
    this.#used++;
  }

  /** A table for what is there, half of it free. */
  #rebuild(): void {
    let traces = 0;
    for (const slice of this.#slices.values()) traces += slice.size;
    let slots = LEAST_SLOTS;
    while (slots < (traces + 1) * 2) slots *= 2;
    const before = this.#table;
    this.#table = new Int32Array(slots * STRIDE);
    this.#used = 0;
    for (let at = 0; at < before.length; at += STRIDE)
      if (before[at + ROW] !== 0 && this.#slices.has(before[at + SERIAL]))
        this.#put(before[at], before[at + SERIAL], before[at + ROW]);
  }
}
