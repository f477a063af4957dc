/** When each call of a fan-out was offered, and how that is known. */

import { CLOCK_NS } from '../../trace/clock.ts';
import { ROLE } from '../../trace/roles.ts';
import { keptFloat64s, keptInt32s, keptUint8s } from '../../trace/scratch.ts';
import { Tuples } from '../../trace/tuples.ts';
import type { TraceView } from '../../trace/view.ts';

/** How the moment at which a call was offered is known: surest first. */
export const OFFERED_BY = ['worker', 'sibling', 'parent'] as const;
export type OfferedBy = (typeof OFFERED_BY)[number];
/** Index into OFFERED_BY. */
export const BY = { worker: 0, sibling: 1, parent: 2 } as const;

/** By row, of the calls asked for; good until others are asked for. */
export interface Offers {
  /** Row of the span that fans out. */
  readonly owner: Int32Array;
  /** A BY. */
  readonly by: Uint8Array;
  /** ns. */
  readonly at: Float64Array;
}

const keptOwner = keptInt32s();
const keptBy = keptUint8s();
const keptAt = keptFloat64s();
const keptThoughts = keptInt32s();
const keptLatest = keptFloat64s();
const keptCalls = keptInt32s();
const keptCaller = keptInt32s();

/** Of the calls `rows[0 .. n)`, rising: a worker's start, else the end of the last thought before the call, else its parent's start. */
export function offersOf(view: TraceView, rows: Int32Array, n: number): Offers {
  const { start, end, parent } = view;
  const owner = keptOwner(view.n);
  const by = keptBy(view.n);
  const at = keptAt(view.n);
  findWorkers(view, rows, n, by);
  const thoughts = keptThoughts(view.n);
  const ends = thoughtsByEnd(view, thoughts);
  /** Of each parent the end of its last thought until now. */
  const latest = keptLatest(view.n);
  if (ends > 0) latest.fill(-1, 0, view.n);
  for (let i = 0, next = 0; i < n; i++) {
    const row = rows[i];
    const above = parent[row];
    const begins = start[row];
    for (; next < ends && end[thoughts[next]] <= begins + CLOCK_NS; next++)
      latest[parent[thoughts[next]]] = end[thoughts[next]];
    const thought = ends === 0 ? -1 : Math.min(latest[above], begins);
    if (by[row] !== BY.worker) by[row] = thought >= 0 ? BY.sibling : BY.parent;
    owner[row] = by[row] === BY.worker ? parent[above] : above;
    at[row] = Math.max(Math.min(start[above], begins), thought);
  }
  return { owner, by, at };
}

const callers = new Tuples();

/**
 * Sets `by` of every call that a worker offers, of all others to another BY. A worker with one such call is one offer;
 * one that makes several is a caller like any other.
 */
function findWorkers({ parent, role, callee }: TraceView, rows: Int32Array, n: number, by: Uint8Array): void {
  let any = false;
  for (let i = 0; i < n; i++) {
    const above = parent[rows[i]];
    const offers = role[above] === ROLE.worker && parent[above] >= 0;
    by[rows[i]] = offers ? BY.worker : BY.parent;
    any ||= offers;
  }
  if (!any) return;
  callers.clear();
  const calls = keptCalls(n);
  const caller = keptCaller(n);
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    if (by[row] !== BY.worker) continue;
    const known = callers.count;
    const number = callers.add(parent[row], callee[row]);
    calls[number] = number === known ? 1 : calls[number] + 1;
    caller[i] = number;
  }
  for (let i = 0; i < n; i++) if (by[rows[i]] === BY.worker && calls[caller[i]] > 1) by[rows[i]] = BY.parent;
}

/** Up to so many are put where they belong one by one. */
const FEW = 40;

/** Puts the chats and plans that have a parent into `thoughts`, in order of their ends; how many there are. */
function thoughtsByEnd({ n, role, parent, end }: TraceView, thoughts: Int32Array): number {
  let found = 0;
  for (let row = 0; row < n; row++) {
    if ((role[row] !== ROLE.chat && role[row] !== ROLE.planner) || parent[row] < 0) continue;
    let at = found++;
    if (at < FEW) for (; at > 0 && end[thoughts[at - 1]] > end[row]; at--) thoughts[at] = thoughts[at - 1];
    thoughts[at] = row;
  }
  if (found > FEW) thoughts.subarray(0, found).sort((a, b) => end[a] - end[b]);
  return found;
}
