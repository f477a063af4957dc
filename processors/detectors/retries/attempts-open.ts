/**
 * The failed attempts that nothing has followed yet, found by what a retry says of itself: the last to end of those that
 * fit. Every operation takes O(log n), however many attempts are open.
 */

/** A failed attempt. */
export interface Failure {
  readonly row: number;
  readonly end: number;
  /** Which retry it is itself; 0 for a first attempt. */
  readonly retry: number;
  /** Of its call; undefined where it says nothing. */
  readonly args: unknown;
}

const ANY = Symbol('any');

/** True where `a` is to be taken before `b`: it ended later; of equals the one that is first in the trace. */
const before = (a: Failure, b: Failure) => a.end > b.end || (a.end === b.end && a.row < b.row);

/** A binary heap, the first by `before` on top. */
class Heap {
  readonly #items: Failure[] = [];

  get top(): Failure | undefined {
    return this.#items[0];
  }

  push(item: Failure): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, items[parent])) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  pop(): void {
    const items = this.#items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1], items[child])) child++;
      if (!before(items[child], last)) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
  }
}

/** Failed attempts by (retry, arguments), by either of them alone, and by span id once that is asked for. */
export class OpenAttempts {
  readonly #heaps = new Map<unknown, Map<unknown, Heap>>();
  readonly #taken = new Set<number>();
  readonly #spanIdOf: (row: number) => string;
  #bySpan: Map<string, Heap> | undefined;
  readonly #added: Failure[] = [];

  constructor(spanIdOf: (row: number) => string) {
    this.#spanIdOf = spanIdOf;
  }

  add(failure: Failure): void {
    const { retry, args } = failure;
    this.#heap(retry, ANY).push(failure);
    this.#heap(retry, args).push(failure);
    this.#heap(ANY, args).push(failure);
    this.#added.push(failure);
    if (this.#bySpan !== undefined) this.#addSpan(this.#bySpan, failure);
  }

  /** Takes the attempt that retry number `retry` + 1 follows; -1 for none. Arguments that are not known fit any. */
  takeRetry(retry: number, args: unknown): number {
    if (args === undefined) return this.#takeFrom([this.#heaps.get(retry)?.get(ANY)]);
    const of = this.#heaps.get(retry);
    return this.#takeFrom([of?.get(args), of?.get(undefined)]);
  }

  /** Takes one with the same arguments, or, of those that are not known, with none. */
  takeSame(args: unknown): number {
    return this.#takeFrom([this.#heaps.get(ANY)?.get(args)]);
  }

  /** Takes one of these spans. */
  takeLinked(spanIds: readonly string[]): number {
    if (this.#bySpan === undefined) {
      this.#bySpan = new Map();
      for (const failure of this.#added) this.#addSpan(this.#bySpan, failure);
    }
    const bySpan = this.#bySpan;
    return this.#takeFrom(spanIds.map((id) => bySpan.get(id)));
  }

  #takeFrom(heaps: readonly (Heap | undefined)[]): number {
    let best: Failure | undefined;
    for (const heap of heaps) {
      // Each attempt stands in several heaps: what was taken by another one goes when it comes up.
      while (heap?.top !== undefined && this.#taken.has(heap.top.row)) heap.pop();
      const top = heap?.top;
      if (top !== undefined && (best === undefined || before(top, best))) best = top;
    }
    if (best === undefined) return -1;
    this.#taken.add(best.row);
    return best.row;
  }

  #heap(retry: unknown, args: unknown): Heap {
    let of = this.#heaps.get(retry);
    if (of === undefined) {
      of = new Map();
      this.#heaps.set(retry, of);
    }
    let heap = of.get(args);
    if (heap === undefined) {
      heap = new Heap();
      of.set(args, heap);
    }
    return heap;
  }

  #addSpan(bySpan: Map<string, Heap>, failure: Failure): void {
    const id = this.#spanIdOf(failure.row);
    const heap = bySpan.get(id);
    if (heap) heap.push(failure);
    else {
      const fresh = new Heap();
      fresh.push(failure);
      bySpan.set(id, fresh);
    }
  }
}
