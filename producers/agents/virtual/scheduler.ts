/** Turns between two pauses in which the process does other work. */
const TURNS_AT_ONCE = 500;
const SETTLED = Promise.resolve();

interface Sleeper {
  readonly at: number;
  /** Order of asking: of two that are due together the first to ask wakes first. */
  readonly sequence: number;
  readonly wake: () => void;
}

const before = (a: Sleeper, b: Sleeper) => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);

/**
 * Virtual time for promises: nothing waits, the clock jumps to whoever is due next. Everything that one wake-up sets
 * off happens before the next, so that a run is the same whatever else the process does.
 */
export class Scheduler {
  #now: number;
  #asked = 0;
  #turns = 0;
  /** A binary heap. */
  readonly #sleepers: Sleeper[] = [];

  /** `now` in ms: the clock's first reading. */
  constructor(now = 0) {
    this.#now = now;
  }

  /** Ms. */
  get now(): number {
    return this.#now;
  }

  /** Resolves `ms` from now; less than nothing is nothing. */
  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#push({ at: this.#now + Math.max(0, ms), sequence: this.#asked++, wake });
    });
  }

  /** Lets time pass until `main` is done. Rejects where it waits for something that is not of this clock. */
  run<T>(main: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let over = false;
      const end = () => {
        over = true;
      };
      const turn = () => {
        if (over) return;
        const next = this.#pop();
        if (next === undefined) {
          reject(new Error('the run waits for something outside of virtual time'));
          return;
        }
        this.#now = next.at;
        next.wake();
        this.#afterMicrotasks(turn);
      };
      SETTLED.then(main).finally(end).then(resolve, reject);
      this.#afterMicrotasks(turn);
    });
  }

  /**
   * Once no microtask is left: Node runs its ticks after them, and one that a microtask asks for after all others that
   * are queued by then or by them.
   */
  #afterMicrotasks(turn: () => void): void {
    if (++this.#turns % TURNS_AT_ONCE === 0) setImmediate(turn);
    else void SETTLED.then(() => process.nextTick(turn));
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#sleepers;
    let at = heap.push(sleeper) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(sleeper, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = sleeper;
  }

  #pop(): Sleeper | undefined {
    const heap = this.#sleepers;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || last === top) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
