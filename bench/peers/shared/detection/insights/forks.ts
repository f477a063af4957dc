/** Forks: siblings that run beside each other, and how long their join waited for the last of them. Times in ns. */

import { CLOCK_NS } from '#processors/trace/clock.ts';
import { ROLE } from '#processors/trace/roles.ts';
import type { TraceView } from '#processors/trace/view.ts';
import { foldAttempts } from '../detectors/retries/attempts.ts';
import { KIND } from '../trace/parents.ts';

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

/** The children that a row waits for, attempts of one call as one, in order of start. */
function branchesOf(view: TraceView, owner: number, first: Int32Array): Branch[] {
  const branches = new Map<number, Branch>();
  for (const row of view.children(owner)) {
    if (!isJoined(view, owner, row)) continue;
    const end = Math.min(view.end[row], view.end[owner]);
    const branch = branches.get(first[row]);
    if (branch === undefined) branches.set(first[row], { row, rows: [row], start: view.start[row], end });
    else {
      branch.rows.push(row);
      branch.end = Math.max(branch.end, end);
    }
  }
  return [...branches.values()];
}

/** Every fork: a branch that starts when all before it have ended begins another one, or is alone. */
export function forksOf(view: TraceView): Fork[] {
  const { first } = foldAttempts(view);
  const forks: Fork[] = [];
  const children = new Int32Array(view.n);
  for (let row = 0; row < view.n; row++) if (view.parent[row] >= 0) children[view.parent[row]]++;
  for (let owner = 0; owner < view.n; owner++) {
    if (children[owner] < 2) continue;
    const ofParent = OVERLAP_SHARE_OF_PARENT * (view.end[owner] - view.start[owner]);
    let running: Branch[] = [];
    let done = Number.NEGATIVE_INFINITY;
    const close = () => {
      if (running.length > 1) forks.push({ owner, branches: running });
      running = [];
    };
    for (const branch of branchesOf(view, owner, first)) {
      const ofBranch = OVERLAP_SHARE_OF_BRANCH * (branch.end - branch.start);
      if (branch.start >= done - Math.max(CLOCK_NS, Math.min(ofParent, ofBranch))) close();
      running.push(branch);
      done = Math.max(done, branch.end);
    }
    close();
  }
  return forks;
}
