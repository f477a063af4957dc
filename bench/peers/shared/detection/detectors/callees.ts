import { MOST_CALLEES } from '#processors/detectors/called.ts';
import type { TraceView } from '#processors/trace/view.ts';
import { isCall } from './calls.ts';

/**
 * The callees called beneath each span, however deep: a planner's calls sit below its workers. Sets are interned, since
 * a trace has few different ones: each row holds a set's number and a union of two sets is made once. A set keeps the
 * first MOST_CALLEES by name.
 */
export class CalleesBeneath {
  readonly #names: readonly string[];
  /** Each set's callees by their ranks in `#names`, rising. The first is empty. */
  readonly #sets: (readonly number[])[] = [[]];
  readonly #numbers = new Map<string, number>([['', 0]]);
  readonly #unions = new Map<number, number>();
  readonly #of: Int32Array;

  constructor(view: TraceView) {
    const called = new Set<number>();
    for (let row = 0; row < view.n; row++) if (isCall(view, row)) called.add(view.callee[row]);
    const name = (callee: number) => view.strings[callee];
    const sorted = [...called].sort((a, b) => (name(a) < name(b) ? -1 : 1));
    this.#names = sorted.map(name);
    const single = new Map(sorted.map((callee, rank) => [callee, this.#intern([rank])]));
    this.#of = new Int32Array(view.n);
    for (let i = view.n - 1; i >= 0; i--) {
      const row = view.topDown[i];
      const parent = view.parent[row];
      if (parent < 0) continue;
      let set = this.#of[row];
      if (isCall(view, row)) set = this.#union(set, single.get(view.callee[row]) ?? 0);
      this.#of[parent] = this.#union(this.#of[parent], set);
    }
  }

  /** Called beneath any of the rows, sorted. */
  of(rows: readonly number[]): string[] {
    let set = 0;
    for (const row of rows) set = this.#union(set, this.#of[row]);
    return this.#sets[set].map((rank) => this.#names[rank]);
  }

  #intern(ranks: readonly number[]): number {
    const key = ranks.join();
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#sets.push(ranks) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  #union(a: number, b: number): number {
    if (a === b || b === 0) return a;
    if (a === 0) return b;
    const key = Math.min(a, b) * 2 ** 26 + Math.max(a, b);
    let number = this.#unions.get(key);
    if (number === undefined) {
      number = this.#intern(merged(this.#sets[a], this.#sets[b]));
      this.#unions.set(key, number);
    }
    return number;
  }
}

/** Both rise; so does the result. */
function merged(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0, j = 0; (i < a.length || j < b.length) && out.length < MOST_CALLEES; ) {
    const next = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    if (a[i] === next) i++;
    if (b[j] === next) j++;
    out.push(next);
  }
  return out;
}
