/** Columns that are kept from trace to trace: what one look needs and no answer holds on to. */
import { grown } from '../grown.ts';
import { fillRows, sortRising } from '../trace/arrays.ts';

const FIRST = 64;
/** From so many on V8's own `fill`, a call into C++, is faster. */
const MANY = 100;

const sizeFor = (n: number) => Math.max(FIRST, 2 ** Math.ceil(Math.log2(n)));

/** Numbers that are written before they are read; `at` changes when it grows. */
export class Floats {
  at = new Float64Array(FIRST);

  /** Makes room for `n`; what is there stays. */
  room(n: number): Float64Array {
    if (n > this.at.length) this.at = grown(this.at, sizeFor(n));
    return this.at;
  }

  /** Room for `n`, the first `n` all of `value`. */
  filled(n: number, value: number): Float64Array {
    const column = this.room(n);
    if (n > MANY) return column.fill(value, 0, n);
    for (let i = 0; i < n; i++) column[i] = value;
    return column;
  }

  /** The first `n` in rising order. */
  rising(n: number): Float64Array {
    return sortRising(this.at, n);
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
    return fillRows(this.room(n), n, value);
  }
}

/** Of `n` rising values the median by nearest rank, as `quantile` gives it; NaN of none. */
export const medianOf = (rising: Float64Array, n: number): number =>
  n === 0 ? Number.NaN : rising[Math.ceil(n / 2) - 1];
