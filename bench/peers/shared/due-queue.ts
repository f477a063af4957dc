/** Something with a moment (ms of the log's clock) at which it must be looked at. */
export interface Timed {
  /** Infinity: never again. */
  readonly due: number;
  /** Decides between equal moments; unique among the live items. */
  readonly order: string;
}

interface Entry<T> {
  readonly at: number;
  readonly item: T;
}

/**
 * Items in order of (due, order). An item whose `due` has risen since it was pushed is put back by itself; one whose
 * `due` has fallen must be pushed again (its older entry is then skipped or found early, both harmless).
 */
export class DueQueue<T extends Timed> {
  #heap: Entry<T>[] = [];

  push(item: T): void {
    if (item.due !== Infinity) this.#insert({ at: item.due, item });
  }

  /** Takes the first item with due ≤ `clock`. Its `due` must change before it is pushed again. */
  pop(clock: number): T | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || top.at > clock) return undefined;
      this.#removeTop();
      if (top.item.due === top.at) return top.item;
      if (top.item.due > top.at) this.push(top.item);
    }
  }

  #before(a: Entry<T>, b: Entry<T>): boolean {
    return a.at < b.at || (a.at === b.at && a.item.order < b.item.order);
  }

  #insert(entry: Entry<T>): void {
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(entry, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = entry;
  }

  #removeTop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1], heap[child])) child++;
      if (!this.#before(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
  }
}
