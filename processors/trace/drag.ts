/**
 * Critical path drag (S. Devaux, Total Project Control): by how much less a trace would take if some pieces of its path
 * took no time and everything else stayed as it was.
 *
 * The model. The path is a line of pieces, each of which begins when the one before it ends. What ran beside the path, a
 * child of a span on the path that is not on it, takes as long as it did, and is waited for where it was: at the end of
 * the child on the path beside which it ended. It begins with the piece of its parent's own time in which it began, as
 * far into it as it did (at once, where that piece takes no time); where it began beside a child on the path, it keeps
 * its distance from that child's start. So a serial path gives back the pieces whole, a twin that ends at the same moment
 * leaves nothing to gain, and otherwise the slack is the limit, at each level of callers.
 */
import { grown } from '../grown.ts';
import { sortRows } from './arrays.ts';
import { type CriticalPath, waitsFor } from './critical-path.ts';
import { lentFloat64s } from './lent.ts';
import { keptFloat64s, keptInt32s } from './scratch.ts';
import type { TraceView } from './view.ts';

const keptFirst = keptInt32s();
const keptLast = keptInt32s();
const keptOnPath = keptInt32s();
const keptStarts = keptFloat64s();
const keptBegins = keptFloat64s();

/** The pieces that each row's span and what is below it own: `first[row] .. last[row]`; -1 beside the path. */
function extents(view: TraceView, path: CriticalPath, first: Int32Array, last: Int32Array): void {
  const { n, topDown, parent } = view;
  for (let row = 0; row < n; row++) first[row] = last[row] = -1;
  for (let i = 0; i < path.n; i++) {
    const row = path.row[i];
    if (first[row] < 0) first[row] = i;
    last[row] = i;
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = topDown[i];
    const above = parent[row];
    if (above < 0 || first[row] < 0) continue;
    if (first[above] < 0 || first[row] < first[above]) first[above] = first[row];
    if (last[row] > last[above]) last[above] = last[row];
  }
}

/** The last of the first n `values`, rising, that is at most `limit`: its index, or -1. */
function lastAtMost(values: Float64Array, n: number, limit: number): number {
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Pairs of pieces that are sought one by one. */
const FEW = 32;

/**
 * Work beside the path, which holds back the end of piece `join`: not before `whole` ns after the start of piece `from`
 * was, or where that piece takes no time not before `rest` ns. Each pair of pieces once, with what holds it back longest;
 * columns, kept from trace to trace.
 */
class Besides {
  n = 0;
  from = new Int32Array(FEW);
  join = new Int32Array(FEW);
  whole = new Float64Array(FEW);
  rest = new Float64Array(FEW);
  /** In order of `join`. */
  order = new Int32Array(FEW);
  #pieces = 0;
  #known: Map<number, number> | undefined;

  /** Of a path of so many pieces. */
  begin(pieces: number): void {
    this.n = 0;
    this.#pieces = pieces;
    this.#known = undefined;
  }

  add(from: number, join: number, whole: number, rest: number): void {
    const same = this.#find(from, join);
    if (same >= 0) {
      this.whole[same] = Math.max(this.whole[same], whole);
      this.rest[same] = Math.max(this.rest[same], rest);
      return;
    }
    if (this.n === this.from.length) this.#grow(this.n * 2);
    this.from[this.n] = from;
    this.join[this.n] = join;
    this.whole[this.n] = whole;
    this.rest[this.n] = rest;
    this.#known?.set(from * this.#pieces + join, this.n);
    this.n++;
  }

  sort(): void {
    const { join, order, n } = this;
    for (let i = 0; i < n; i++) order[i] = i;
    if (n > 1) sortRows(order, n, (a, b) => join[a] - join[b]);
  }

  #grow(n: number): void {
    this.from = grown(this.from, n);
    this.join = grown(this.join, n);
    this.whole = grown(this.whole, n);
    this.rest = grown(this.rest, n);
    this.order = new Int32Array(n);
  }

  #find(from: number, join: number): number {
    if (this.n > FEW) {
      this.#known ??= this.#index();
      return this.#known.get(from * this.#pieces + join) ?? -1;
    }
    for (let i = 0; i < this.n; i++) if (this.from[i] === from && this.join[i] === join) return i;
    return -1;
  }

  #index(): Map<number, number> {
    const known = new Map<number, number>();
    for (let i = 0; i < this.n; i++) known.set(this.from[i] * this.#pieces + this.join[i], i);
    return known;
  }
}

/** Pairs: what one huge trace needs is not kept. */
const MOST_KEPT = 1 << 12;
let besides = new Besides();

/** Finds what ran beside the path; good until the next trace. */
function besideOf(view: TraceView, path: CriticalPath): Besides {
  const first = keptFirst(view.n);
  const last = keptLast(view.n);
  extents(view, path, first, last);
  const { childFrom, childRows } = view;
  if (besides.from.length > MOST_KEPT) besides = new Besides();
  besides.begin(path.n);
  for (let row = 0; row < view.n; row++) {
    if (first[row] < 0) continue;
    const to = childFrom[row + 1];
    let count = 0;
    for (let i = childFrom[row]; i < to; i++) if (first[childRows[i]] >= 0) count++;
    if (count === 0 || count === to - childFrom[row]) continue;
    besideRow(view, path, row, count, first, last);
  }
  besides.sort();
  return besides;
}

/** Adds the children of `row` that ran beside its `count` children on the path. */
function besideRow(
  view: TraceView,
  path: CriticalPath,
  row: number,
  count: number,
  first: Int32Array,
  last: Int32Array,
): void {
  const { childFrom, childRows } = view;
  const to = childFrom[row + 1];
  const onPath = keptOnPath(count);
  const starts = keptStarts(count);
  for (let i = childFrom[row], n = 0; i < to; i++) if (first[childRows[i]] >= 0) onPath[n++] = childRows[i];
  sortRows(onPath, count, (a, b) => first[a] - first[b]);
  for (let i = 0; i < count; i++) starts[i] = path.start[first[onPath[i]]];
  const low = path.start[first[row]];
  const high = path.end[last[row]];
  for (let i = childFrom[row]; i < to; i++) {
    const child = childRows[i];
    if (first[child] >= 0 || !waitsFor(view, row, child)) continue;
    const start = Math.max(view.start[child], low);
    const end = Math.min(view.end[child], high);
    const joined = lastAtMost(starts, count, end);
    if (end <= start || joined < 0) continue;
    // A child that ends where the next one on the path starts ran beside the one before.
    const before = starts[joined] === end ? joined - 1 : joined;
    if (before < 0) continue;
    const join = last[onPath[before]];
    const began = lastAtMost(starts, count, start);
    const beside = began >= 0 ? first[onPath[began]] : -1;
    if (beside >= 0 && start < path.end[last[onPath[began]]]) {
      besides.add(beside, join, end - path.start[beside], end - path.start[beside]);
    } else {
      const from = lastAtMost(path.start, path.n, start);
      besides.add(from, join, end - path.start[from], end - start);
    }
  }
}

/**
 * The drag of each group of pieces, ns: `groupOf[i]` is the group of piece i, below `groups`. Takes time in proportion to
 * groups × (pieces + children beside them).
 */
export function dragOf(
  view: TraceView,
  path: CriticalPath,
  groupOf: Int32Array,
  groups: number,
): Float64Array {
  const drag = lentFloat64s(groups);
  for (let group = 0; group < groups; group++) drag[group] = 0;
  for (let i = 0; i < path.n; i++) drag[groupOf[i]] += path.end[i] - path.start[i];
  if (path.n === 0) return drag;
  const { n, from, join, whole, rest, order } = besideOf(view, path);
  if (n === 0) return drag;
  const length = path.end[path.n - 1] - path.start[0];
  const begins = keptBegins(path.n + 1);
  begins[0] = 0;
  for (let group = 0; group < groups; group++) {
    let at = 0;
    for (let i = 0; i < path.n; i++) {
      let end = begins[i] + (groupOf[i] === group ? 0 : path.end[i] - path.start[i]);
      for (; at < n && join[order[at]] === i; at++) {
        const beside = order[at];
        const since = from[beside];
        end = Math.max(end, begins[since] + (groupOf[since] === group ? rest[beside] : whole[beside]));
      }
      begins[i + 1] = end;
    }
    drag[group] = length - begins[path.n];
  }
  return drag;
}
