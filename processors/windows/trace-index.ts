import type { SignalLayout } from '#schemas/read-signal.ts';
import { hashOf } from './hash.ts';
import type { Slice } from './slice.ts';

const LEAST_SLOTS = 8;

/** The hash of the signal's trace id. */
export function traceHash({ bytes, traceAt, traceEnd }: SignalLayout): number {
  return hashOf(bytes, traceAt, traceEnd);
}

/**
 * Where a group holds each trace: number of the slice and row, by trace id, in a table of numbers with open addressing. A slice that
 * is gone takes its traces with it; their slots are freed when the table is full.
 */
export class TraceIndex {
  readonly #slices: ReadonlyMap<number, Slice>;
  #hashes = new Int32Array(LEAST_SLOTS);
  /** The row, plus one; 0 where the slot is free. */
  #rows = new Int32Array(LEAST_SLOTS);
  #serials = new Int32Array(LEAST_SLOTS);
  #used = 0;

  /** `slices`: of the group, by number; a number is never used again. */
  constructor(slices: ReadonlyMap<number, Slice>) {
    this.#slices = slices;
  }

  /** The slot of the signal's trace, or −1; until the next `add`. `hash`: its `traceHash`. */
  find({ bytes, traceAt, traceEnd }: SignalLayout, hash: number): number {
    const mask = this.#rows.length - 1;
    for (let slot = hash & mask; this.#rows[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#hashes[slot] !== hash) continue;
      if (this.#slices.get(this.#serials[slot])?.isOf(this.#rows[slot] - 1, bytes, traceAt, traceEnd))
        return slot;
    }
    return -1;
  }

  /** The number of the slice. */
  serial(slot: number): number {
    return this.#serials[slot];
  }

  row(slot: number): number {
    return this.#rows[slot] - 1;
  }

  /** Moves the trace at `slot`. */
  move(slot: number, serial: number, row: number): void {
    this.#serials[slot] = serial;
    this.#rows[slot] = row + 1;
  }

  /** Puts in a trace that is not in it, by its `traceHash`. */
  add(hash: number, serial: number, row: number): void {
    if ((this.#used + 1) * 3 > this.#rows.length * 2) this.#rebuild();
    this.#put(hash, serial, row + 1);
  }

  #put(hash: number, serial: number, row: number): void {
    const mask = this.#rows.length - 1;
    let slot = hash & mask;
    while (this.#rows[slot] !== 0) slot = (slot + 1) & mask;
    this.#hashes[slot] = hash;
    this.#serials[slot] = serial;
    this.#rows[slot] = row;
    this.#used++;
  }

  /** A table for what is there, half of it free. */
  #rebuild(): void {
    let traces = 0;
    for (const slice of this.#slices.values()) traces += slice.size;
    let length = LEAST_SLOTS;
    while (length < (traces + 1) * 2) length *= 2;
    const [hashes, rows, serials] = [this.#hashes, this.#rows, this.#serials];
    this.#hashes = new Int32Array(length);
    this.#rows = new Int32Array(length);
    this.#serials = new Int32Array(length);
    this.#used = 0;
    for (let slot = 0; slot < rows.length; slot++)
      if (rows[slot] !== 0 && this.#slices.has(serials[slot]))
        this.#put(hashes[slot], serials[slot], rows[slot]);
  }
}
