/** Forks: siblings that run beside each other, and how long their join waited for the last of them. Times in ns. */

import { foldAttempts } from '../detectors/retries/attempts.ts';
import { int32s } from '../trace/arrays.ts';
import { CLOCK_NS } from '../trace/clock.ts';
import { KIND } from '../trace/parents.ts';
import { ROLE } from '../trace/roles.ts';
import type { TraceView } from '../trace/view.ts';

export interface Branch {
  /** Its first span; of a call that was tried again the first attempt. */
  readonly row: number;
  /** The span and its further attempts. */
  readonly rows: number[];
  readonly start: number;
  /** Never after its parent's. */
  end: number;
}

/** At least two branches, in order of start. */
export interface Fork {
  /** Row of their parent. */
  readonly owner: number;
  readonly branches: readonly Branch[];
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

/**
 * The children that a row waits for, attempts of one call as one, in order of start. `numbers`: by the first attempt its
 * branch among them, from 1; all zero for the owner's children.
 */
function branchesOf(view: TraceView, owner: number, first: Int32Array, numbers: Int32Array): Branch[] {
  const branches: Branch[] = [];
  for (const row of view.children(owner)) {
    if (!isJoined(view, owner, row)) continue;
    const end = Math.min(view.end[row], view.end[owner]);
    const number = numbers[first[row]];
    if (number === 0) {
      numbers[first[row]] = branches.push({ row, rows: [row], start: view.start[row], end });
    } else {
      const branch = branches[number - 1];
      branch.rows.push(row);
      branch.end = Math.max(branch.end, end);
    }
  }
  return branches;
}

/** Adds the forks among an owner's branches. */
function addForks(view: TraceView, owner: number, branches: readonly Branch[], forks: Fork[]): void {
  const ofParent = OVERLAP_SHARE_OF_PARENT * (view.end[owner] - view.start[owner]);
  let from = 0;
  let done = Number.NEGATIVE_INFINITY;
  const close = (to: number) => {
    if (to - from > 1) forks.push({ owner, branches: branches.slice(from, to) });
    from = to;
  };
  for (let at = 0; at < branches.length; at++) {
    const { start, end } = branches[at];
    const ofBranch = OVERLAP_SHARE_OF_BRANCH * (end - start);
    if (start >= done - Math.max(CLOCK_NS, Math.min(ofParent, ofBranch))) close(at);
    done = Math.max(done, end);
  }
  close(branches.length);
}

/** Every fork: a branch that starts when all before it have ended begins another one, or is alone. */
export function forksOf(view: TraceView): Fork[] {
  const { first } = foldAttempts(view);
  const forks: Fork[] = [];
  const numbers = int32s(view.n);
  for (let owner = 0; owner < view.n; owner++)
    if (view.children(owner).length > 1)
      addForks(view, owner, branchesOf(view, owner, first, numbers), forks);
  return forks;
}
