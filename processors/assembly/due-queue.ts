import { grown } from '../grown.ts';

/**
 * Items (small numbers, each at most once) in order of the moment (ms of the log's clock) at which they must be looked at;
 * `before` decides between equal moments. A heap in typed arrays.
 *
 * A moment that rises is only noted: the item is moved when it comes to the top, since it mostly rises often before.
 */
export class DueQueue {
  readonly #before: (a: number, b: number) => boolean;
  #heap = new Int32Array(64);
  #count = 0;
  /** By item: its moment, the one that it stands in the heap with (never later), and where; -1: nowhere. */
  #due = new Float64Array(64);
  #at = new Float64Array(64);
  #position = new Int32Array(64).fill(-1);

  constructor(before: (a: number, b: number) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#count;
  }

  /** Puts an item in, or changes its moment. */
  set(item: number, due: number): void {
    if (item >= this.#due.length) this.#reserve(item + 1);
    this.#due[item] = due;
    const position = this.#position[item];
    if (position < 0) {
      if (this.#count === this.#heap.length) this.#heap = grown(this.#heap, this.#count * 2);
      this.#at[item] = due;
      this.#up(this.#count++, item);
    } else if (due < this.#at[item]) {
      this.#at[item] = due;
      this.#up(position, item);
    }
  }

  dueOf(item: number): number {
    return this.#due[item];
  }

  delete(item: number): void {
    const position = this.#position[item] ?? -1;
    if (position < 0) return;
    this.#position[item] = -1;
    const last = this.#heap[--this.#count];
    if (last === item) return;
    this.#up(position, last);
    this.#down(this.#position[last], last);
  }

  /** The first item with a moment ≤ `clock`, which stays in; -1 without one. */
  first(clock: number): number {
    while (this.#count > 0) {
      const item = this.#heap[0];
      if (this.#at[item] > clock) return -1;
      if (this.#at[item] === this.#due[item]) return item;
      this.#at[item] = this.#due[item];
      this.#down(0, item);
    }
    return -1;
  }

  #less(a: number, b: number): boolean {
    const one = this.#at[a];
    const other = this.#at[b];
    return one < other || (one === other && this.#before(a, b));
  }

  #up(from: number, item: number): void {
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#less(item, this.#heap[parent])) break;
      this.#place(i, this.#heap[parent]);
      i = parent;
    }
    this.#place(i, item);
  }

  #down(from: number, item: number): void {
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.#count) break;
      if (child + 1 < this.#count && this.#less(this.#heap[child + 1], this.#heap[child])) child++;
      if (!this.#less(this.#heap[child], item)) break;
      this.#place(i, this.#heap[child]);
      i = child;
    }
    this.#place(i, item);
  }

  #place(position: number, item: number): void {
    this.#heap[position] = item;
    this.#position[item] = position;
  }

  #reserve(items: number): void {
    const before = this.#due.length;
    const length = Math.max(items, before * 2);
    this.#due = grown(this.#due, length);
    this.#at = grown(this.#at, length);
    this.#position = grown(this.#position, length).fill(-1, before);
  }
}
