/** Forks: siblings that run beside each other, and how long their join waited for the last of them. Times in ns. */

import { anyFailed } from '../detectors/calls.ts';
import { foldAttempts } from '../detectors/retries/attempts.ts';
import { CLOCK_NS } from '../trace/clock.ts';
import { KIND } from '../trace/parents.ts';
import { ROLE } from '../trace/roles.ts';
import type { TraceView } from '../trace/view.ts';
import { Floats, Ints } from './columns.ts';
import type { OnPath } from './on-path.ts';

/** Branches by number: a span that its parent waits for, with its further attempts. */
export interface Branches {
  /** Its first span; of a call that was tried again the first attempt. */
  row: Int32Array;
  start: Float64Array;
  /** Never after its parent's. */
  end: Float64Array;
  /** Of the critical path in its spans and below them, and of that waits for people. */
  time: Float64Array;
  idle: Float64Array;
}

/** At least two branches, in order of start. */
export interface Fork {
  /** Row of their parent. */
  readonly owner: number;
  /** Numbers of its branches: from `from` to before `to`. */
  readonly from: number;
  readonly to: number;
}

/** Spans may end a little after what waits for them: clocks of two machines, exporters that end a span late. */
const OVERLAP_SHARE_OF_PARENT = 0.01;
const OVERLAP_SHARE_OF_BRANCH = 0.1;

/** True where the parent waits for the child: a person is no branch, a consumer works on its own time. */
function isJoined(view: TraceView, parent: number, child: number): boolean {
  const late = Math.max(CLOCK_NS, OVERLAP_SHARE_OF_PARENT * (view.end[parent] - view.start[parent]));
  return (
    view.role[child] !== ROLE.human &&
    !(view.kind[parent] === KIND.producer && view.kind[child] === KIND.consumer) &&
    Math.min(view.end[child], view.end[parent]) > view.start[child] &&
    view.end[child] <= view.end[parent] + late
  );
}

const rows = new Ints();
const [starts, ends, times, idles] = [new Floats(), new Floats(), new Floats(), new Floats()];
const branches: Branches = { row: rows.at, start: starts.at, end: ends.at, time: times.at, idle: idles.at };
/** By first attempt the number of its branch + 1; 0: none. */
const numbers = new Ints();

/** No trace has more branches than rows. */
function makeRoom(n: number): void {
  branches.row = rows.room(n);
  branches.start = starts.room(n);
  branches.end = ends.room(n);
  branches.time = times.room(n);
  branches.idle = idles.room(n);
}

/** Adds the children that a row waits for, attempts of one call as one, in order of start, from `n` on; returns how many there are then. */
function addBranches(
  view: TraceView,
  path: OnPath,
  owner: number,
  first: Int32Array | undefined,
  n: number,
): number {
  const { row, start, end, time, idle } = branches;
  const number = numbers.at;
  const { childFrom, childRows } = view;
  const to = childFrom[owner + 1];
  let next = n;
  for (let i = childFrom[owner]; i < to; i++) {
    const child = childRows[i];
    if (!isJoined(view, owner, child)) continue;
    const ended = Math.min(view.end[child], view.end[owner]);
    const again = first === undefined ? 0 : number[first[child]];
    if (again > 0) {
      end[again - 1] = Math.max(end[again - 1], ended);
      time[again - 1] += path.time[child];
      idle[again - 1] += path.idle[child];
      continue;
    }
    row[next] = child;
    start[next] = view.start[child];
    end[next] = ended;
    time[next] = path.time[child];
    idle[next] = path.idle[child];
    next++;
    if (first !== undefined) number[first[child]] = next;
  }
  return next;
}

function addFork(owner: number, from: number, to: number, forks: Fork[]): void {
  if (to - from > 1) forks.push({ owner, from, to });
}

/** Adds the forks among an owner's branches. */
function addForks(view: TraceView, owner: number, from: number, to: number, forks: Fork[]): void {
  const { start, end } = branches;
  const ofParent = OVERLAP_SHARE_OF_PARENT * (view.end[owner] - view.start[owner]);
  let begun = from;
  let done = Number.NEGATIVE_INFINITY;
  for (let at = from; at < to; at++) {
    const ofBranch = OVERLAP_SHARE_OF_BRANCH * (end[at] - start[at]);
    if (start[at] >= done - Math.max(CLOCK_NS, Math.min(ofParent, ofBranch))) {
      addFork(owner, begun, at, forks);
      begun = at;
    }
    done = Math.max(done, end[at]);
  }
  addFork(owner, begun, to, forks);
}

/**
 * Every fork that something waited for: a branch that starts when all before it have ended begins another one, or is
 * alone. The branches are good until the next call.
 */
export function forksOf(view: TraceView, path: OnPath): { forks: readonly Fork[]; branches: Branches } {
  const forks: Fork[] = [];
  makeRoom(view.n);
  const first = anyFailed(view) ? foldAttempts(view).first : undefined; // else nothing was tried again
  if (first !== undefined) numbers.filled(view.n, 0);
  const { childFrom } = view;
  let n = 0;
  for (let owner = 0; owner < view.n; owner++) {
    // Where nobody waited for the owner, nobody waited for what is below it.
    if (path.time[owner] === 0 || childFrom[owner + 1] - childFrom[owner] < 2) continue;
    const from = n;
    n = addBranches(view, path, owner, first, from);
    addForks(view, owner, from, n, forks);
  }
  return { forks, branches };
}
