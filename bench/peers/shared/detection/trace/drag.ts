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

import type { TraceView } from '#processors/trace/view.ts';
import { type CriticalPath, waitsFor } from './critical-path.ts';

/**
 * Work beside the path, which holds back the end of piece `join`: not before `whole` ns after the start of piece `from`
 * was, or where that piece takes no time not before `rest` ns.
 */
interface Beside {
  readonly from: number;
  readonly join: number;
  whole: number;
  rest: number;
}

/** The pieces that each row's span and what is below it own: `first[row] .. last[row]`; -1 beside the path. */
interface Extent {
  readonly first: Int32Array;
  readonly last: Int32Array;
}

function extentOf(view: TraceView, path: CriticalPath): Extent {
  const first = new Int32Array(view.n).fill(-1);
  const last = new Int32Array(view.n).fill(-1);
  const add = (row: number, from: number, to: number) => {
    if (first[row] < 0 || from < first[row]) first[row] = from;
    if (to > last[row]) last[row] = to;
  };
  for (let i = 0; i < path.n; i++) add(path.row[i], i, i);
  for (let i = view.n - 1; i >= 0; i--) {
    const row = view.topDown[i];
    const parent = view.parent[row];
    if (parent >= 0 && first[row] >= 0) add(parent, first[row], last[row]);
  }
  return { first, last };
}

/** The last of `values`, rising, that is at most `limit`: its index, or -1. */
function lastAtMost(values: ArrayLike<number>, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What ran beside the path, in order of the pieces whose ends it holds back. */
function besideOf(view: TraceView, path: CriticalPath): Beside[] {
  const extent = extentOf(view, path);
  const known = new Map<number, Beside>();
  const add = (from: number, join: number, whole: number, rest: number) => {
    const key = from * path.n + join;
    const same = known.get(key);
    if (same !== undefined) {
      same.whole = Math.max(same.whole, whole);
      same.rest = Math.max(same.rest, rest);
      return;
    }
    known.set(key, { from, join, whole, rest });
  };
  for (let row = 0; row < view.n; row++) {
    if (extent.first[row] < 0) continue;
    const children = view.children(row);
    const onPath = children.filter((child) => extent.first[child] >= 0);
    if (onPath.length === 0 || onPath.length === children.length) continue;
    onPath.sort((a, b) => extent.first[a] - extent.first[b]);
    const starts = Float64Array.from(onPath, (child) => path.start[extent.first[child]]);
    const low = path.start[extent.first[row]];
    const high = path.end[extent.last[row]];
    for (const child of children) {
      if (extent.first[child] >= 0 || !waitsFor(view, row, child)) continue;
      const start = Math.max(view.start[child], low);
      const end = Math.min(view.end[child], high);
      const joined = lastAtMost(starts, end);
      if (end <= start || joined < 0) continue;
      // A child that ends where the next one on the path starts ran beside the one before.
      const before = starts[joined] === end ? joined - 1 : joined;
      if (before < 0) continue;
      const join = extent.last[onPath[before]];
      const began = lastAtMost(starts, start);
      const beside = began >= 0 ? extent.first[onPath[began]] : -1;
      if (beside >= 0 && start < path.end[extent.last[onPath[began]]]) {
        add(beside, join, end - path.start[beside], end - path.start[beside]);
      } else {
        const from = lastAtMost(path.start, start);
        add(from, join, end - path.start[from], end - start);
      }
    }
  }
  return [...known.values()].sort((a, b) => a.join - b.join);
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
  const drag = new Float64Array(groups);
  for (let i = 0; i < path.n; i++) drag[groupOf[i]] += path.end[i] - path.start[i];
  if (path.n === 0) return drag;
  const besides = besideOf(view, path);
  if (besides.length === 0) return drag;
  const length = path.end[path.n - 1] - path.start[0];
  const begins = new Float64Array(path.n + 1);
  for (let group = 0; group < groups; group++) {
    let at = 0;
    for (let i = 0; i < path.n; i++) {
      let end = begins[i] + (groupOf[i] === group ? 0 : path.end[i] - path.start[i]);
      for (; at < besides.length && besides[at].join === i; at++) {
        const { from, whole, rest } = besides[at];
        end = Math.max(end, begins[from] + (groupOf[from] === group ? rest : whole));
      }
      begins[i + 1] = end;
    }
    drag[group] = length - begins[path.n];
  }
  return drag;
}
