import { float64s, int32s, sortRising } from './arrays.ts';
import { keptFloat64s, keptInt32s } from './scratch.ts';
import type { TraceView } from './view.ts';

const keptRises = keptFloat64s();
const keptFalls = keptFloat64s();
const keptTime = keptFloat64s();
const keptLevel = keptInt32s();

/**
 * How many of a set of intervals run at each moment, by a sweep line: an interval that ends where another starts does
 * not overlap it.
 */
export class Sweep {
  /** Moments at which the level changes, rising. */
  readonly time: Float64Array;
  /** `level[k]` holds from `time[k]` to `time[k + 1]`; the last is 0. */
  readonly level: Int32Array;
  /** Sum of level × time up to `time[k]`. */
  readonly #area: Float64Array;
  /** Time with at least one running, up to `time[k]`. */
  readonly #busy: Float64Array;

  /** Of the spans of those rows. */
  static of({ start, end }: Pick<TraceView, 'start' | 'end'>, rows: readonly number[]): Sweep {
    const n = rows.length;
    const rises = keptRises(n);
    const falls = keptFalls(n);
    for (let i = 0; i < n; i++) {
      rises[i] = start[rows[i]];
      falls[i] = end[rows[i]];
    }
    return new Sweep(rises, falls, n);
  }

  /** Interval i of n is [start[i], end[i]); those that take no time do not count. */
  constructor(start: ArrayLike<number>, end: ArrayLike<number>, n = end.length) {
    const rises = keptRises(n).subarray(0, n);
    const falls = keptFalls(n).subarray(0, n);
    for (let i = 0; i < n; i++) {
      rises[i] = start[i];
      falls[i] = end[i];
    }
    sortRising(rises);
    sortRising(falls);
    const time = keptTime(n * 2);
    const level = keptLevel(n * 2);
    let steps = 0;
    for (let up = 0, down = 0; down < n; steps++) {
      const at = up < n ? Math.min(rises[up], falls[down]) : falls[down];
      while (down < n && falls[down] === at) down++;
      while (up < n && rises[up] === at) up++;
      time[steps] = at;
      level[steps] = up - down;
    }
    this.time = float64s(steps);
    this.level = int32s(steps);
    this.#area = float64s(steps);
    this.#busy = float64s(steps);
    for (let k = 0; k < steps; k++) {
      this.time[k] = time[k];
      this.level[k] = level[k];
      if (k === 0) continue;
      const span = time[k] - time[k - 1];
      this.#area[k] = this.#area[k - 1] + level[k - 1] * span;
      this.#busy[k] = this.#busy[k - 1] + (level[k - 1] > 0 ? span : 0);
    }
  }

  /** Time with at least one interval running, in all. */
  get busy(): number {
    return this.#busy.at(-1) ?? 0;
  }

  /** Of [from, to) the time in which at least one interval runs. */
  busyWithin(from: number, to: number): number {
    return this.#at(this.#busy, to) - this.#at(this.#busy, from);
  }

  /** The mean level over [from, to); the level at `from` where they are equal. */
  meanWithin(from: number, to: number): number {
    if (to > from) return (this.#at(this.#area, to) - this.#at(this.#area, from)) / (to - from);
    const k = this.#before(from);
    return k < 0 ? 0 : this.level[k];
  }

  /**
   * The greatest level that holds for at least `share` of the busy time: the width that was really reached, without
   * the moments at which clocks of finite resolution let a successor start before its predecessor ends.
   */
  held(share: number): number {
    const spent: number[] = [];
    for (let k = 0; k + 1 < this.time.length; k++) {
      const at = this.level[k];
      spent[at] = (spent[at] ?? 0) + this.time[k + 1] - this.time[k];
    }
    let above = 0;
    for (let at = spent.length - 1; at > 0; at--) {
      above += spent[at] ?? 0;
      if (above >= share * this.busy) return at;
    }
    return 0;
  }

  /** The last k with time[k] <= t, or -1. */
  #before(t: number): number {
    let low = 0;
    let high = this.time.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.time[middle] <= t) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #at(sum: Float64Array, t: number): number {
    const k = this.#before(t);
    if (k < 0) return 0;
    if (k === this.time.length - 1) return sum[k];
    const rate = sum === this.#area ? this.level[k] : Math.min(this.level[k], 1);
    return sum[k] + rate * (t - this.time[k]);
  }
}
