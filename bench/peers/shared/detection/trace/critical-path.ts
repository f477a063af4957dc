/**
 * The critical path: which span the trace's root was waiting for at each moment of its duration.
 *
 * Children are clamped to their parent, and those wholly outside it dropped. Walking back from a span's end, the
 * last-finishing child that ends at or before t owns the path and the span itself the gap; then t is that child's start.
 */
import { CLOCK_NS, roundedStarts } from '#processors/trace/clock.ts';
import { ROLE } from '#processors/trace/roles.ts';
import type { TraceView } from '#processors/trace/view.ts';
import { KIND } from './parents.ts';

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
  readonly row: number;
  readonly low: number;
  readonly tolerance: number;
  /** Children that take time within the span, by rising end; of equal ends the longest last. */
  readonly byEnd: Int32Array;
  /** Explained back to here. */
  t: number;
  /** `byEnd[0 .. left)` are not passed yet. */
  left: number;
  /** The child that t is the start of, or -1. */
  next: number;
}

/** A consumer works after the producer has gone on: the producer does not wait for it. */
export function waitsFor(view: TraceView, parent: number, child: number): boolean {
  return !(view.kind[parent] === KIND.producer && view.kind[child] === KIND.consumer);
}

function openFrame(view: TraceView, row: number, low: number, high: number): Frame {
  const inside: number[] = [];
  for (const child of view.children(row)) {
    const start = Math.max(view.start[child], low);
    const end = Math.min(view.end[child], high);
    if (end > start && waitsFor(view, row, child)) inside.push(child);
  }
  const byEnd = Int32Array.from(inside).sort(
    (a, b) => Math.min(view.end[a], high) - Math.min(view.end[b], high) || b - a,
  );
  const tolerance = OVERLAP_SHARE * (high - low);
  return { row, low, tolerance, byEnd, t: high, left: byEnd.length, next: -1 };
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
function takeChild(view: TraceView, frame: Frame, isRounded: (ns: number) => boolean): number {
  const { byEnd, t, next } = frame;
  if (t <= frame.low) return -1;
  let soonest = -1; // of the children that end after t, the first to end
  while (next >= 0 && frame.left > 0 && view.end[byEnd[frame.left - 1]] > t) {
    frame.left--;
    if (byEnd[frame.left] !== next) soonest = byEnd[frame.left];
  }
  if (soonest >= 0) {
    const end = view.end[soonest];
    const tolerance = isRounded(t) ? Math.max(frame.tolerance, CLOCK_NS) : frame.tolerance;
    const overlaps = end - t < tolerance && end <= view.end[next] && view.start[soonest] < t;
    if (overlaps && !startsBetween(view, frame.row, t, end)) return soonest;
  }
  return frame.left > 0 ? byEnd[--frame.left] : -1;
}

/** Rows that wait for a person: the `human` spans and what has no role of its own below them. */
export function humanWaits(view: TraceView): Uint8Array {
  const human = new Uint8Array(view.n);
  for (const row of view.topDown) {
    const parent = view.parent[row];
    if (view.role[row] === ROLE.human) human[row] = 1;
    else if (view.role[row] === ROLE.other && parent >= 0) human[row] = human[parent];
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

export function criticalPath(view: TraceView): CriticalPath {
  const rows: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const types: number[] = [];
  const callees: number[] = [];
  const human = humanWaits(view);
  const isRounded = roundedStarts(view.startUnixNano);
  /** A gap of `row` beside the child `before` and before the child `after` (-1: none). */
  const gap = (row: number, start: number, end: number, before: number, after: number) => {
    if (end <= start) return;
    const served = (child: number) =>
      child >= 0 && view.kind[row] === KIND.client && view.kind[child] === KIND.server;
    // Between two callees the way to the next counts: a client that resends waits until it may.
    const callee = served(after) ? after : served(before) ? before : -1;
    rows.push(row);
    starts.push(start);
    ends.push(end);
    const type = human[row] === 1 ? SEGMENT.idle : callee < 0 ? SEGMENT.self : SEGMENT.edge;
    types.push(type);
    callees.push(type === SEGMENT.edge ? callee : -1);
  };
  const top = pathRoot(view);
  const stack: Frame[] = top < 0 ? [] : [openFrame(view, top, view.start[top], view.end[top])];
  while (stack.length > 0) {
    const frame = stack[stack.length - 1];
    const child = takeChild(view, frame, isRounded);
    if (child < 0) {
      gap(frame.row, frame.low, frame.t, -1, frame.next);
      stack.pop();
      continue;
    }
    const end = Math.min(view.end[child], frame.t);
    const start = Math.max(view.start[child], frame.low);
    gap(frame.row, end, frame.t, child, frame.next);
    frame.t = start;
    frame.next = child;
    stack.push(openFrame(view, child, start, end));
  }
  return {
    n: rows.length,
    row: Int32Array.from(rows).reverse(),
    start: Float64Array.from(starts).reverse(),
    end: Float64Array.from(ends).reverse(),
    type: Uint8Array.from(types).reverse(),
    callee: Int32Array.from(callees).reverse(),
  };
}
