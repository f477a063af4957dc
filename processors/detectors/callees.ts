import { fillRows, int32s, sortFew } from '../trace/arrays.ts';
import { keptInt32s } from '../trace/scratch.ts';
import type { TraceView } from '../trace/view.ts';
import { MOST_CALLEES } from './called.ts';
import { callsIn } from './calls.ts';

/** More callees than bits of a number: their sets are lists. */
const MOST_BITS = 30;

/**
 * The callees called beneath each span, however deep: a planner's calls sit below its workers. Sets of them are numbers,
 * the empty one is 0. Of the trace that was asked for last.
 */
export interface CalleesBeneath {
  /** Called beneath a row. */
  beneath(row: number): number;
  union(a: number, b: number): number;
  /** Sorted, the first MOST_CALLEES of them. */
  names(set: number): string[];
}

/** By string, all zero between two traces. */
const keptRanks = keptInt32s();

export function calleesBeneath(view: TraceView): CalleesBeneath {
  const { strings } = view;
  const ranks = keptRanks(strings.length);
  const isACall = callsIn(view);
  const callees: number[] = [];
  for (let row = 0; row < view.n; row++) {
    const callee = view.callee[row];
    if (ranks[callee] !== 0 || isACall[row] === 0) continue;
    ranks[callee] = 1;
    callees.push(callee);
  }
  sortFew(callees, (a, b) => (strings[a] < strings[b] ? -1 : 1));
  for (let rank = 0; rank < callees.length; rank++) ranks[callees[rank]] = rank;
  const found =
    callees.length <= MOST_BITS ? new Bits(view, ranks, callees) : new Lists(view, ranks, callees);
  for (let rank = 0; rank < callees.length; rank++) ranks[callees[rank]] = 0;
  return found;
}

const keptSets = keptInt32s();

/** Each set is a number with a bit for each callee. */
class Bits implements CalleesBeneath {
  readonly #view: TraceView;
  /** Indexes into the view's strings, by name. */
  readonly #callees: readonly number[];
  readonly #of: Int32Array;

  constructor(view: TraceView, ranks: Int32Array, callees: readonly number[]) {
    this.#view = view;
    this.#callees = callees;
    const of = fillRows(keptSets(view.n), view.n, 0);
    this.#of = of;
    const { topDown, parent, callee } = view;
    const isACall = callsIn(view);
    for (let i = view.n - 1; i >= 0; i--) {
      const row = topDown[i];
      const above = parent[row];
      if (above >= 0) of[above] |= isACall[row] === 1 ? of[row] | (1 << ranks[callee[row]]) : of[row];
    }
  }

  beneath(row: number): number {
    return this.#of[row];
  }

  union(a: number, b: number): number {
    return a | b;
  }

  names(set: number): string[] {
    const names: string[] = [];
    for (let left = set, rank = 0; left !== 0; left >>>= 1, rank++)
      if ((left & 1) === 1) names.push(this.#view.strings[this.#callees[rank]]);
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

  constructor(view: TraceView, ranks: Int32Array, callees: readonly number[]) {
    this.#names = callees.map((callee) => view.strings[callee]);
    const single = callees.map((_, rank) => this.#intern([rank]));
    this.#of = int32s(view.n);
    for (let i = view.n - 1; i >= 0; i--) {
      const row = view.topDown[i];
      const parent = view.parent[row];
      if (parent < 0) continue;
      let set = this.#of[row];
      if (callsIn(view)[row] === 1) set = this.union(set, single[ranks[view.callee[row]]]);
      this.#of[parent] = this.union(this.#of[parent], set);
    }
  }

  beneath(row: number): number {
    return this.#of[row];
  }

  names(set: number): string[] {
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

  union(a: number, b: number): number {
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
