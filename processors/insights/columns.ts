/** Columns that are kept from trace to trace: what one look needs and no answer holds on to. */
import { grown } from '../grown.ts';

const FIRST = 64;

const sizeFor = (n: number) => Math.max(FIRST, 2 ** Math.ceil(Math.log2(n)));

/** Numbers that are written before they are read; `at` changes when it grows. */
export class Floats {
  at = new Float64Array(FIRST);

  /** Makes room for `n`; what is there stays. */
  room(n: number): Float64Array {
    if (n > this.at.length) this.at = grown(this.at, sizeFor(n));
    return this.at;
  }
}

/** The same of integers. */
export class Ints {
  at = new Int32Array(FIRST);

  room(n: number): Int32Array {
    if (n > this.at.length) this.at = grown(this.at, sizeFor(n));
    return this.at;
  }

  /** Room for `n`, the first `n` all of `value`. */
  filled(n: number, value: number): Int32Array {
    return this.room(n).fill(value, 0, n);
  }
}
