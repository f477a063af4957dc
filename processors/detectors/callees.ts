import { int32s, sortFew } from '../trace/arrays.ts';
import type { TraceView } from '../trace/view.ts';
import { MOST_CALLEES } from './called.ts';
import { isCall } from './calls.ts';

/** More callees than bits of a number: their sets are lists. */
const MOST_BITS = 30;

/** The callees called beneath each span, however deep: a planner's calls sit below its workers. */
export interface CalleesBeneath {
  /** Called beneath any of the rows: names, sorted, the first MOST_CALLEES of them. */
  of(rows: readonly number[]): string[];
}

export function calleesBeneath(view: TraceView): CalleesBeneath {
  const ranks = int32s(view.strings.length);
  const callees: number[] = [];
  for (let row = 0; row < view.n; row++) {
    const callee = view.callee[row];
    if (!isCall(view, row) || ranks[callee] !== 0) continue;
    ranks[callee] = 1;
    callees.push(callee);
  }
  sortFew(callees, (a, b) => (view.strings[a] < view.strings[b] ? -1 : 1));
  for (let rank = 0; rank < callees.length; rank++) ranks[callees[rank]] = rank;
  const names = callees.map((callee) => view.strings[callee]);
  return callees.length <= MOST_BITS ? new Bits(view, ranks, names) : new Lists(view, ranks, names);
}

/** Each row's set is a number with a bit for each callee. */
class Bits implements CalleesBeneath {
  readonly #names: readonly string[];
  readonly #of: Int32Array;

  constructor(view: TraceView, ranks: Int32Array, names: readonly string[]) {
    this.#names = names;
    this.#of = int32s(view.n);
    for (let i = view.n - 1; i >= 0; i--) {
      const row = view.topDown[i];
      const parent = view.parent[row];
      if (parent < 0) continue;
      this.#of[parent] |= isCall(view, row) ? this.#of[row] | (1 << ranks[view.callee[row]]) : this.#of[row];
    }
  }

  of(rows: readonly number[]): string[] {
    let set = 0;
    for (let i = 0; i < rows.length; i++) set |= this.#of[rows[i]];
    const names: string[] = [];
    for (let rank = 0; rank < this.#names.length; rank++)
      if (((set >>> rank) & 1) === 1) names.push(this.#names[rank]);
    return names;
  }
}

/** Sets are interned, since a trace has few different ones: each row holds a set's number, and a union of two is made once. */
class Lists implements CalleesBeneath {
  readonly #names: readonly string[];
  /** Each set's callees by their ranks in `#names`, rising. The first is empty. */
  readonly #sets: (readonly number[])[] = [[]];
  readonly #numbers = new Map<string, number>([['', 0]]);
  readonly #unions = new Map<number, number>();
  readonly #of: Int32Array;

  constructor(view: TraceView, ranks: Int32Array, names: readonly string[]) {
    this.#names = names;
    const single = names.map((_, rank) => this.#intern([rank]));
    this.#of = int32s(view.n);
    for (let i = view.n - 1; i >= 0; i--) {
      const row = view.topDown[i];
      const parent = view.parent[row];
      if (parent < 0) continue;
      let set = this.#of[row];
      if (isCall(view, row)) set = this.#union(set, single[ranks[view.callee[row]]]);
      this.#of[parent] = this.#union(this.#of[parent], set);
    }
  }

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
