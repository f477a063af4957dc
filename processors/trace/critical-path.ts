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
import { keptFloat64s, keptInt32s, keptUint8s } from './scratch.ts';
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

/** The walk's place in one span: what of it is still to be explained, and its children in order of end. */
interface Frame {
  row: number;
  low: number;
  tolerance: number;
  /** Explained back to here. */
  t: number;
  /**
   * Children that take time within the span, by rising end; of equal ends the longest last: `pool[first .. left)` of
   * them are not passed yet.
   */
  first: number;
  left: number;
  /** Behind them the next frame's stand. */
  behind: number;
  /** The child that t is the start of, or -1. */
  next: number;
}

/** A consumer works after the producer has gone on: the producer does not wait for it. */
export function waitsFor(view: TraceView, parent: number, child: number): boolean {
  return !(view.kind[parent] === KIND.producer && view.kind[child] === KIND.consumer);
}

/** Frames and their children, kept from trace to trace; the walk is in one span of one trace at a time. */
const frames: Frame[] = [];
const MOST_FRAMES = 1024;
const keptPool = keptInt32s();

/** Up to so many children are put where they belong one by one. */
const FEW = 40;

/** Makes frame `depth` that of the row; its children follow in `pool` from `first` on. */
function openFrame(
  view: TraceView,
  pool: Int32Array,
  depth: number,
  row: number,
  low: number,
  high: number,
  first: number,
): void {
  const children = view.children(row);
  let behind = first;
  for (let i = 0; i < children.length; i++) {
    const child = children[i];
    const start = Math.max(view.start[child], low);
    const end = Math.min(view.end[child], high);
    if (end > start && waitsFor(view, row, child)) pool[behind++] = child;
  }
  sortByEnd(view, pool, first, behind, high);
  if (depth === frames.length)
    frames.push({ row: 0, low: 0, tolerance: 0, t: 0, first: 0, left: 0, behind: 0, next: 0 });
  const frame = frames[depth];
  frame.row = row;
  frame.low = low;
  frame.tolerance = OVERLAP_SHARE * (high - low);
  frame.t = high;
  frame.first = first;
  frame.left = behind;
  frame.behind = behind;
  frame.next = -1;
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
  const children = view.children(row);
  let low = 0;
  let high = children.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (view.start[children[middle]] > from) high = middle;
    else low = middle + 1;
  }
  return low < children.length && view.start[children[low]] < to;
}

/** The child that the span waited for just before t, or -1; moves `left` past it. */
function takeChild(view: TraceView, pool: Int32Array, frame: Frame): number {
  const { t, next, first } = frame;
  if (t <= frame.low) return -1;
  let soonest = -1; // of the children that end after t, the first to end
  while (next >= 0 && frame.left > first && view.end[pool[frame.left - 1]] > t) {
    frame.left--;
    if (pool[frame.left] !== next) soonest = pool[frame.left];
  }
  if (soonest >= 0) {
    const end = view.end[soonest];
    const isRounded = roundedStarts(view.startUnixNano);
    const tolerance = isRounded(t) ? Math.max(frame.tolerance, CLOCK_NS) : frame.tolerance;
    const overlaps = end - t < tolerance && end <= view.end[next] && view.start[soonest] < t;
    if (overlaps && !startsBetween(view, frame.row, t, end)) return soonest;
  }
  return frame.left > first ? pool[--frame.left] : -1;
}

/** Rows that wait for a person: the `human` spans and what has no role of its own below them. */
export function humanWaits(view: TraceView): Uint8Array {
  const human = uint8s(view.n);
  markHumans(view, human);
  return human;
}

/** Sets `human` of every row; false where none is 1. */
function markHumans(view: TraceView, human: Uint8Array): boolean {
  const { n, topDown, role, parent } = view;
  let any = false;
  for (let i = 0; i < n; i++) {
    const row = topDown[i];
    const above = parent[row];
    human[row] =
      role[row] === ROLE.human || (role[row] === ROLE.other && above >= 0 && human[above] === 1) ? 1 : 0;
    any ||= human[row] === 1;
  }
  return any;
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

const keptHuman = keptUint8s();
const keptRow = keptInt32s();
const keptStart = keptFloat64s();
const keptEnd = keptFloat64s();
const keptType = keptUint8s();
const keptCallee = keptInt32s();

/** The path's pieces as they are found, from its end backwards. */
class Pieces {
  n = 0;
  readonly #view: TraceView;
  readonly #human: Uint8Array;
  readonly #row: Int32Array;
  readonly #start: Float64Array;
  readonly #end: Float64Array;
  readonly #type: Uint8Array;
  readonly #callee: Int32Array;

  constructor(view: TraceView) {
    const most = view.n * 2; // each span has a gap before itself and one behind its end
    this.#view = view;
    this.#human = keptHuman(view.n);
    this.#row = keptRow(most);
    this.#start = keptStart(most);
    this.#end = keptEnd(most);
    this.#type = keptType(most);
    this.#callee = keptCallee(most);
    markHumans(view, this.#human);
  }

  /** A gap of `row` beside the child `before` and before the child `after` (-1: none). */
  add(row: number, start: number, end: number, before: number, after: number): void {
    if (end <= start) return;
    // Between two callees the way to the next counts: a client that resends waits until it may.
    const callee = this.#serves(row, after) ? after : this.#serves(row, before) ? before : -1;
    const type = this.#human[row] === 1 ? SEGMENT.idle : callee < 0 ? SEGMENT.self : SEGMENT.edge;
    const at = this.n++;
    this.#row[at] = row;
    this.#start[at] = start;
    this.#end[at] = end;
    this.#type[at] = type;
    this.#callee[at] = type === SEGMENT.edge ? callee : -1;
  }

  #serves(row: number, child: number): boolean {
    const { kind } = this.#view;
    return child >= 0 && kind[row] === KIND.client && kind[child] === KIND.server;
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
      path.row[at] = this.#row[i];
      path.start[at] = this.#start[i];
      path.end[at] = this.#end[i];
      path.type[at] = this.#type[i];
      path.callee[at] = this.#callee[i];
    }
    return path;
  }
}

export function criticalPath(view: TraceView): CriticalPath {
  const pieces = new Pieces(view);
  const pool = keptPool(view.n);
  const top = pathRoot(view);
  let depth = 0;
  if (top >= 0) openFrame(view, pool, depth++, top, view.start[top], view.end[top], 0);
  while (depth > 0) {
    const frame = frames[depth - 1];
    const child = takeChild(view, pool, frame);
    if (child < 0) {
      pieces.add(frame.row, frame.low, frame.t, -1, frame.next);
      depth--;
      continue;
    }
    const end = Math.min(view.end[child], frame.t);
    const start = Math.max(view.start[child], frame.low);
    pieces.add(frame.row, end, frame.t, child, frame.next);
    frame.t = start;
    frame.next = child;
    openFrame(view, pool, depth++, child, start, end, frame.behind);
  }
  if (frames.length > MOST_FRAMES) frames.length = MOST_FRAMES;
  return pieces.path();
}
