/**
 * The critical path: which span the trace's root was waiting for at each moment of its duration.
 *
 * Children are clamped to their parent, and those wholly outside it dropped. Walking back from a span's end, the
 * last-finishing child that ends at or before t owns the path and the span itself the gap; then t is that child's start.
 */
import { uint8s } from './arrays.ts';
import { CLOCK_NS, roundedStarts } from './clock.ts';
import { lentFloat64s, lentInt32s, lentUint8s } from './lent.ts';
import { KIND } from './parents.ts';
import { ROLE } from './roles.ts';
import { hasRole } from './roles-in.ts';
import { keeper, keptFloat64s, keptInt32s, keptUint8s } from './scratch.ts';
import type { TraceView } from './view.ts';

export const SEGMENT = { self: 0, edge: 1, idle: 2 } as const;

/** Pieces in order of time, without gaps or overlaps, over exactly the root's duration. Times in ns from the trace's start. */
export interface CriticalPath {
  readonly n: number;
  readonly row: Int32Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** A SEGMENT. */
  readonly type: Uint8Array;
  /** Of an edge the row of the server's span that the client (`row`) calls; else -1. */
  readonly callee: Int32Array;
}

/**
 * Clocks are not exact: a child may overlap its successor by less than this share of their parent's duration and still
 * counts as its predecessor (design §5, after CRISP).
 *
 * In traces of less than 100 ms that is below the millisecond to which some SDKs round a start down (clock.ts), so the
 * successor that began right after its predecessor's end seems to overlap it by up to one. Where the successor's start is
 * a whole millisecond that much is allowed too. Clocks of finer resolution hit a whole one once in a thousand times, so
 * short children that truly run side by side are not taken for a sequence; where starts are rounded, two calls of about
 * a millisecond cannot be told apart either way, and whoever began in an earlier millisecond counts as the earlier.
 */
const OVERLAP_SHARE = 0.01;

/** A consumer works after the producer has gone on: the producer does not wait for it. */
export function waitsFor(view: TraceView, parent: number, child: number): boolean {
  return !(view.kind[parent] === KIND.producer && view.kind[child] === KIND.consumer);
}

/**
 * The walk's place in each span from the root down to the one that it is in: what of that is still to be explained, and
 * its children in order of end. Columns by depth, kept from trace to trace; the walk is in one trace at a time.
 */
class Frames {
  readonly row: Int32Array;
  readonly low: Float64Array;
  readonly tolerance: Float64Array;
  /** Explained back to here. */
  readonly t: Float64Array;
  /**
   * Children that take time within the span, by rising end; of equal ends the longest last: `pool[first .. left)` of
   * them are not passed yet.
   */
  readonly first: Int32Array;
  readonly left: Int32Array;
  /** Behind them the next frame's stand. */
  readonly behind: Int32Array;
  /** The child that t is the start of, or -1. */
  readonly next: Int32Array;
  readonly pool: Int32Array;

  /** Spans of the trace it is for at most: none is deeper. */
  readonly length: number;

  constructor(n: number) {
    this.length = n;
    this.row = new Int32Array(n);
    this.low = new Float64Array(n);
    this.tolerance = new Float64Array(n);
    this.t = new Float64Array(n);
    this.first = new Int32Array(n);
    this.left = new Int32Array(n);
    this.behind = new Int32Array(n);
    this.next = new Int32Array(n);
    this.pool = new Int32Array(n);
  }
}

/** Spans: what one huge trace needs is not kept. */
const MOST_KEPT = 1 << 12;
const framesFor = keeper((n) => new Frames(n), MOST_KEPT);

/** Up to so many children are put where they belong one by one. */
const FEW = 40;

/**
 * Makes frame `depth`, whose `low` and `t` are set (as arguments they would be objects), that of the row; its children
 * follow in the pool from `first` on.
 */
function openFrame(view: TraceView, frames: Frames, depth: number, row: number, first: number): void {
  const { childFrom, childRows } = view;
  const { pool } = frames;
  const low = frames.low[depth];
  const high = frames.t[depth];
  const to = childFrom[row + 1];
  let behind = first;
  for (let i = childFrom[row]; i < to; i++) {
    const child = childRows[i];
    const start = Math.max(view.start[child], low);
    const end = Math.min(view.end[child], high);
    if (end > start && waitsFor(view, row, child)) pool[behind++] = child;
  }
  if (behind - first > 1) sortByEnd(view, pool, first, behind, high);
  frames.row[depth] = row;
  frames.tolerance[depth] = OVERLAP_SHARE * (high - low);
  frames.first[depth] = first;
  frames.left[depth] = behind;
  frames.behind[depth] = behind;
  frames.next[depth] = -1;
}

/** Whether `a` is before `b` by its end, at most `high`; of equal ends the later row is first. */
function endsBefore(view: TraceView, a: number, b: number, high: number): boolean {
  const order = Math.min(view.end[a], high) - Math.min(view.end[b], high);
  return order < 0 || (order === 0 && b < a);
}

function sortByEnd(view: TraceView, pool: Int32Array, first: number, behind: number, high: number): void {
  if (behind - first > FEW) {
    pool.subarray(first, behind).sort((a, b) => (endsBefore(view, a, b, high) ? -1 : 1));
    return;
  }
  for (let i = first + 1; i < behind; i++) {
    const child = pool[i];
    let at = i;
    for (; at > first && endsBefore(view, child, pool[at - 1], high); at--) pool[at] = pool[at - 1];
    pool[at] = child;
  }
}

/** True when a child other than `child` and `next` starts strictly between `from` and `to`. */
function startsBetween(view: TraceView, row: number, from: number, to: number): boolean {
  const { childFrom, childRows } = view;
  const behind = childFrom[row + 1];
  let low = childFrom[row];
  let high = behind;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (view.start[childRows[middle]] > from) high = middle;
    else low = middle + 1;
  }
  return low < behind && view.start[childRows[low]] < to;
}

/** The child that the span of frame `depth` waited for just before t, or -1; moves `left` past it. */
function takeChild(view: TraceView, frames: Frames, depth: number): number {
  const { pool } = frames;
  const t = frames.t[depth];
  const next = frames.next[depth];
  const first = frames.first[depth];
  if (t <= frames.low[depth]) return -1;
  let left = frames.left[depth];
  let soonest = -1; // of the children that end after t, the first to end
  while (next >= 0 && left > first && view.end[pool[left - 1]] > t) {
    left--;
    if (pool[left] !== next) soonest = pool[left];
  }
  frames.left[depth] = left;
  if (soonest >= 0) {
    const end = view.end[soonest];
    const own = frames.tolerance[depth];
    const most = Math.max(own, CLOCK_NS); // where starts are rounded
    const overlaps = end - t < most && end <= view.end[next] && view.start[soonest] < t;
    const isMeant = overlaps && (end - t < own || roundedStarts(view.startUnixNano)(t));
    if (isMeant && !startsBetween(view, frames.row[depth], t, end)) return soonest;
  }
  if (left <= first) return -1;
  frames.left[depth] = left - 1;
  return pool[left - 1];
}

/** Rows that wait for a person: the `human` spans and what has no role of its own below them. */
export function humanWaits(view: TraceView): Uint8Array {
  const { n, topDown, role, parent } = view;
  const human = uint8s(n);
  for (let i = 0; i < n; i++) {
    const row = topDown[i];
    const above = parent[row];
    human[row] =
      role[row] === ROLE.human || (role[row] === ROLE.other && above >= 0 && human[above] === 1) ? 1 : 0;
  }
  return human;
}

/** The row whose time the path explains: the root, in a trace without one the longest orphan. */
export function pathRoot(view: TraceView): number {
  let top = view.root;
  if (top >= 0) return top;
  for (let row = 0; row < view.n; row++) {
    if (view.parent[row] >= 0) continue;
    if (top < 0 || view.end[row] - view.start[row] > view.end[top] - view.start[top]) top = row;
  }
  return top;
}

const keptRow = keptInt32s();
const keptStart = keptFloat64s();
const keptEnd = keptFloat64s();
const keptType = keptUint8s();
const keptCallee = keptInt32s();

/** The path's pieces as they are found, from its end backwards; kept from trace to trace. */
class Pieces {
  n = 0;
  #kind: Uint8Array = new Uint8Array(0);
  /** 1: the row waits for a person; undefined where none does. */
  #human: Uint8Array | undefined;
  #row = keptRow(0);
  #start = keptStart(0);
  #end = keptEnd(0);
  #type = keptType(0);
  #callee = keptCallee(0);

  begin(view: TraceView): void {
    const most = view.n * 2; // each span has a gap before itself and one behind its end
    this.n = 0;
    this.#kind = view.kind;
    this.#human = hasRole(view, ROLE.human) ? humanWaits(view) : undefined;
    this.#row = keptRow(most);
    this.#start = keptStart(most);
    this.#end = keptEnd(most);
    this.#type = keptType(most);
    this.#callee = keptCallee(most);
  }

  /** A gap of `row` beside the child `before` and before the child `after` (-1: none). */
  add(row: number, start: number, end: number, before: number, after: number): void {
    if (end <= start) return;
    // Between two callees the way to the next counts: a client that resends waits until it may.
    const callee = this.#serves(row, after) ? after : this.#serves(row, before) ? before : -1;
    const idle = this.#human !== undefined && this.#human[row] === 1;
    const type = idle ? SEGMENT.idle : callee < 0 ? SEGMENT.self : SEGMENT.edge;
    const at = this.n++;
    this.#row[at] = row;
    this.#start[at] = start;
    this.#end[at] = end;
    this.#type[at] = type;
    this.#callee[at] = type === SEGMENT.edge ? callee : -1;
  }

  #serves(row: number, child: number): boolean {
    return child >= 0 && this.#kind[row] === KIND.client && this.#kind[child] === KIND.server;
  }

  path(): CriticalPath {
    const { n } = this;
    const path = {
      n,
      row: lentInt32s(n),
      start: lentFloat64s(n),
      end: lentFloat64s(n),
      type: lentUint8s(n),
      callee: lentInt32s(n),
    };
    for (let i = 0; i < n; i++) {
      const at = n - 1 - i;
      path.row[i] = this.#row[at];
      path.start[i] = this.#start[at];
      path.end[i] = this.#end[at];
      path.type[i] = this.#type[at];
      path.callee[i] = this.#callee[at];
    }
    return path;
  }
}

const pieces = new Pieces();

export function criticalPath(view: TraceView): CriticalPath {
  pieces.begin(view);
  const frames = framesFor(view.n);
  const top = pathRoot(view);
  let at = -1;
  if (top >= 0) {
    at = 0;
    frames.low[at] = view.start[top];
    frames.t[at] = view.end[top];
    openFrame(view, frames, at, top, 0);
  }
  while (at >= 0) {
    const row = frames.row[at];
    const low = frames.low[at];
    const until = frames.t[at];
    const next = frames.next[at];
    const child = takeChild(view, frames, at);
    if (child < 0) {
      pieces.add(row, low, until, -1, next);
      at--;
      continue;
    }
    const end = Math.min(view.end[child], until);
    const start = Math.max(view.start[child], low);
    pieces.add(row, end, until, child, next);
    frames.t[at] = start;
    frames.next[at] = child;
    at++;
    frames.low[at] = start;
    frames.t[at] = end;
    openFrame(view, frames, at, child, frames.behind[at - 1]);
  }
  return pieces.path();
}
