/** When each call of a fan-out was offered, and how that is known. */

import { sortRows } from '../../trace/arrays.ts';
import { CLOCK_NS } from '../../trace/clock.ts';
import { ROLE } from '../../trace/roles.ts';
import { keptFloat64s, keptInt32s } from '../../trace/scratch.ts';
import type { TraceView } from '../../trace/view.ts';
import type { OutermostCalls } from './outermost.ts';

/** How the moment at which a call was offered is known: surest first. */
export const OFFERED_BY = ['worker', 'sibling', 'parent'] as const;
export type OfferedBy = (typeof OFFERED_BY)[number];
/** Index into OFFERED_BY. */
export const BY = { worker: 0, sibling: 1, parent: 2 } as const;

const keptThoughts = keptInt32s();
const keptLatest = keptFloat64s();
const keptBefore = keptFloat64s();

/**
 * For each of the outermost calls, by row, the end of the last chat or plan of its parent that was over when it began (a
 * call may seem to begin a tick of the clock sooner), not after its start; -1 where there was none. Good until another
 * view's are asked for.
 */
export function thoughtsBefore(view: TraceView, { rows, n }: OutermostCalls): Float64Array {
  const { start, end, parent } = view;
  const before = keptBefore(view.n);
  const thoughts = keptThoughts(view.n);
  const found = thoughtsByEnd(view, thoughts);
  /** Of each parent the end of its last thought until now. */
  const latest = keptLatest(view.n).fill(-1, 0, view.n);
  for (let i = 0, next = 0; i < n; i++) {
    const row = rows[i];
    const until = start[row] + CLOCK_NS;
    for (; next < found && end[thoughts[next]] <= until; next++)
      latest[parent[thoughts[next]]] = end[thoughts[next]];
    before[row] = Math.min(latest[parent[row]], start[row]);
  }
  return before;
}

/** Puts the chats and plans that have a parent into `thoughts`, in order of their ends; how many there are. */
function thoughtsByEnd({ n, role, parent, end }: TraceView, thoughts: Int32Array): number {
  let found = 0;
  for (let row = 0; row < n; row++) {
    if ((role[row] !== ROLE.chat && role[row] !== ROLE.planner) || parent[row] < 0) continue;
    thoughts[found++] = row;
  }
  sortRows(thoughts, found, (a, b) => end[a] - end[b]);
  return found;
}
