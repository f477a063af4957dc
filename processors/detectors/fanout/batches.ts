/** Which calls a fan-out offered together, and when each was offered. */

import { CLOCK_NS } from '../../trace/clock.ts';
import { keptFloat64s, keptInt32s } from '../../trace/scratch.ts';
import type { TraceView } from '../../trace/view.ts';
import { oncePerView } from '../calls.ts';
import { type Attempts, foldAttempts } from '../retries/attempts.ts';
import { type Groups, groupsOf } from './groups.ts';
import { BY, OFFERED_BY, type OfferedBy } from './offers.ts';
import { type OutermostCalls, outermostCalls } from './outermost.ts';

interface Offered {
  /** First attempt of the call. */
  readonly row: number;
  readonly offer: number;
  /** End of its last attempt. */
  readonly end: number;
}

/** Calls of one callee that one parent offered together, in order of start. */
export interface Batch {
  /** Row of the span that fans out. */
  readonly owner: number;
  /** Index into the view's strings. */
  readonly callee: number;
  readonly by: OfferedBy;
  readonly calls: readonly Offered[];
  /** Rows of all attempts. */
  readonly attempts: readonly number[];
}

/** The narrowest batch that is asked for by default: wider ones are among those, worked out once for each view. */
const USUAL_WIDTH = 5;
const usualBatches = oncePerView((view) => batchesOf(view, USUAL_WIDTH));

/** The batches of at least `leastWidth` calls; retries are folded into the call that they repeat. */
export function fanoutBatches(view: TraceView, leastWidth: number): readonly Batch[] {
  if (leastWidth < USUAL_WIDTH) return batchesOf(view, leastWidth);
  const usual = usualBatches(view);
  if (leastWidth === USUAL_WIDTH) return usual;
  const wide: Batch[] = [];
  for (let i = 0; i < usual.length; i++) if (usual[i].calls.length >= leastWidth) wide.push(usual[i]);
  return wide;
}

const keptEnds = keptFloat64s();

/** The batches of the callees that are called often enough: no other can have one. */
function batchesOf(view: TraceView, leastWidth: number): Batch[] {
  const batches: Batch[] = [];
  const calls = outermostCalls(view);
  if (calls.callees === 0 || calls.count[calls.callee[0]] < leastWidth) return batches;
  const attempts = foldAttempts(view);
  const { first } = attempts;
  const ends = keptEnds(view.n);
  let retried = false;
  for (let i = 0; i < calls.n; i++) {
    const row = calls.rows[i];
    ends[row] = view.end[row];
    if (first[row] === row) continue;
    retried = true;
    ends[first[row]] = Math.max(ends[first[row]], view.end[row]);
  }
  const groups = groupsOf(view, calls, first, leastWidth);
  const retries = retried ? retriesOf(calls, attempts) : undefined;
  const making = { view, groups, ends, retries, leastWidth, batches };
  for (let i = 0; i < groups.n; i++) cut(making, groups.order[i]);
  return batches;
}

type Retries = ReadonlyMap<number, readonly number[]>;

/** The further attempts of each call, by its first one. */
function retriesOf(calls: OutermostCalls, { first }: Attempts): Retries {
  const retries = new Map<number, number[]>();
  for (let i = 0; i < calls.n; i++) {
    const row = calls.rows[i];
    if (first[row] === row) continue;
    const rows = retries.get(first[row]);
    if (rows) rows.push(row);
    else retries.set(first[row], [row]);
  }
  return retries;
}

/** What batches are made of, and where they go. */
interface Making {
  readonly view: TraceView;
  readonly groups: Groups;
  /** By first attempt the end of the last. */
  readonly ends: Float64Array;
  readonly retries: Retries | undefined;
  readonly leastWidth: number;
  readonly batches: Batch[];
}

const keptCalls = keptInt32s();

/**
 * Cuts a group where everything offered before is done. Where only the parent's start is known, a call that starts
 * while none runs was offered just then.
 */
function cut(making: Making, group: number): void {
  const { view, ends, leastWidth } = making;
  const { head, next, size, surely, by, offer } = making.groups;
  if (size[group] < leastWidth) return;
  const { start } = view;
  const calls = keptCalls(size[group]);
  let n = 0;
  let inOrder = true;
  for (let row = head[group]; row >= 0; row = next[row]) {
    // Beside calls with workers or a plan, one whose own was lost (adopt.ts) does not tell when it was offered.
    if (surely[group] === 1 && by[row] === BY.parent && view.orphan[row] === 1) continue;
    if (n > 0 && offer[calls[n - 1]] > offer[row]) inOrder = false;
    calls[n++] = row;
  }
  if (n < leastWidth) return;
  if (!inOrder) calls.subarray(0, n).sort((a, b) => offer[a] - offer[b] || a - b);
  let from = 0;
  let done = -1;
  for (let i = 0; i < n; i++) {
    const row = calls[i];
    const guessed = by[row] === BY.parent;
    const begins = guessed ? start[row] : offer[row];
    const slack = guessed ? 2 * CLOCK_NS : 0;
    if (i > 0 && begins >= done + slack) {
      add(making, calls, from, i, inOrder);
      from = i;
    }
    if (guessed) offer[row] = Math.min(start[calls[from]], start[row]);
    done = Math.max(done, ends[row]);
  }
  add(making, calls, from, n, inOrder);
}

/** Makes a batch of `rows[from .. to)` if they are enough. */
function add(making: Making, rows: Int32Array, from: number, to: number, inOrder: boolean): void {
  const { view, ends, retries, leastWidth, batches } = making;
  const { owner, by, offer } = making.groups;
  if (to - from < leastWidth) return;
  if (!inOrder) rows.subarray(from, to).sort();
  const calls: Offered[] = [];
  const attempts: number[] = [];
  let guessed = false;
  for (let i = from; i < to; i++) {
    const row = rows[i];
    guessed ||= by[row] === BY.parent;
    calls.push({ row, offer: offer[row], end: ends[row] });
    attempts.push(row);
    if (retries !== undefined) for (const retry of retries.get(row) ?? []) attempts.push(retry);
  }
  const first = rows[from];
  const surest = OFFERED_BY[guessed ? BY.parent : by[first]];
  batches.push({ owner: owner[first], callee: view.callee[first], by: surest, calls, attempts });
}
