/** Which calls a fan-out offered together, and when each was offered. */

import { sortRows } from '../../trace/arrays.ts';
import { CLOCK_NS } from '../../trace/clock.ts';
import { keptFloat64s, keptInt32s } from '../../trace/scratch.ts';
import type { TraceView } from '../../trace/view.ts';
import { type Attempts, foldAttempts } from '../retries/attempts.ts';
import { type Groups, groupsOf } from './groups.ts';
import { BY, OFFERED_BY, type OfferedBy } from './offers.ts';
import { type OutermostCalls, outermostCalls } from './outermost.ts';

/** Calls of one callee that one parent offered together. Its arrays are kept from trace to trace. */
export interface Batch {
  /** Row of the span that fans out. */
  readonly owner: number;
  /** Index into the view's strings. */
  readonly callee: number;
  readonly by: OfferedBy;
  /** The first attempts of its `width` calls, in order of start: `rows[from .. from + width)`. */
  readonly width: number;
  readonly from: number;
  readonly rows: Int32Array;
  /** By first attempt when the call was offered, and when its last attempt ended, ns. */
  readonly offer: Float64Array;
  readonly end: Float64Array;
  /** By first attempt the further ones, of the whole trace; undefined where nothing was tried again. */
  readonly retries: Retries | undefined;
}

/** The narrowest batch that is asked for by default: wider ones are among those. */
const USUAL_WIDTH = 5;

/** Those that were worked out last, and how narrow. */
let known: { readonly view: TraceView; readonly leastWidth: number; readonly batches: Batch[] } | undefined;

/**
 * The batches of at least `leastWidth` calls; retries are folded into the call that they repeat. Good until those of
 * another view, or narrower ones than before, are asked for.
 */
export function fanoutBatches(view: TraceView, leastWidth: number): readonly Batch[] {
  if (known?.view !== view || known.leastWidth > leastWidth) {
    const narrowest = Math.min(leastWidth, USUAL_WIDTH);
    known = { view, leastWidth: narrowest, batches: batchesOf(view, narrowest) };
  }
  const { batches } = known;
  let wide = 0;
  for (let i = 0; i < batches.length; i++) if (batches[i].width >= leastWidth) wide++;
  return wide === batches.length ? batches : batches.filter(({ width }) => width >= leastWidth);
}

interface Offered {
  /** First attempt of the call. */
  readonly row: number;
  readonly offer: number;
  /** End of its last attempt. */
  readonly end: number;
}

/** The same call by call, for the few batches that are looked at closely. */
export interface OfferedBatch extends Pick<Batch, 'owner' | 'callee' | 'by'> {
  /** In order of start. */
  readonly calls: readonly Offered[];
  /** Rows of all attempts. */
  readonly attempts: readonly number[];
}

export function callByCall(batch: Batch): OfferedBatch {
  const { owner, callee, by, rows, from, width, offer, end } = batch;
  const calls: Offered[] = [];
  for (let i = from; i < from + width; i++)
    calls.push({ row: rows[i], offer: offer[rows[i]], end: end[rows[i]] });
  return { owner, callee, by, calls, attempts: attemptsOf(batch) };
}

/** Rows of all attempts of its calls. */
export function attemptsOf({ rows, from, width, retries }: Batch): number[] {
  const attempts: number[] = [];
  for (let i = from; i < from + width; i++) {
    attempts.push(rows[i]);
    for (const retry of retries?.get(rows[i]) ?? []) attempts.push(retry);
  }
  return attempts;
}

const keptEnds = keptFloat64s();
const keptCalls = keptInt32s();

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
  const making = { view, groups, ends, retries, leastWidth, batches, calls: keptCalls(calls.n), used: 0 };
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
  /** The calls of the groups that are cut already, and how many. Each call is in one group. */
  readonly calls: Int32Array;
  used: number;
}

/**
 * Cuts a group where everything offered before is done. Where only the parent's start is known, a call that starts
 * while none runs was offered just then.
 */
function cut(making: Making, group: number): void {
  const { view, ends, leastWidth, calls, used } = making;
  const { head, next, size, surely, by, offer } = making.groups;
  if (size[group] < leastWidth) return;
  const { start } = view;
  let n = used;
  let inOrder = true;
  for (let row = head[group]; row >= 0; row = next[row]) {
    // Beside calls with workers or a plan, one whose own was lost (adopt.ts) does not tell when it was offered.
    if (surely[group] === 1 && by[row] === BY.parent && view.orphan[row] === 1) continue;
    if (n > used && offer[calls[n - 1]] > offer[row]) inOrder = false;
    calls[n++] = row;
  }
  if (n - used < leastWidth) return;
  making.used = n;
  if (!inOrder) sortRows(calls, n, (a, b) => offer[a] - offer[b] || a - b, used);
  let from = used;
  let done = -1;
  for (let i = used; i < n; i++) {
    const row = calls[i];
    const guessed = by[row] === BY.parent;
    const begins = guessed ? start[row] : offer[row];
    const slack = guessed ? 2 * CLOCK_NS : 0;
    if (i > used && begins >= done + slack) {
      add(making, from, i, inOrder);
      from = i;
    }
    if (guessed) offer[row] = Math.min(start[calls[from]], start[row]);
    done = Math.max(done, ends[row]);
  }
  add(making, from, n, inOrder);
}

/** Makes a batch of `calls[from .. to)` if they are enough. */
function add(making: Making, from: number, to: number, inOrder: boolean): void {
  const { view, ends: end, retries, leastWidth, batches, calls: rows } = making;
  const { owner, by, offer } = making.groups;
  const width = to - from;
  if (width < leastWidth) return;
  if (!inOrder) sortRows(rows, to, (a, b) => a - b, from);
  let guessed = false;
  for (let i = from; i < to; i++) guessed ||= by[rows[i]] === BY.parent;
  const first = rows[from];
  const surest = OFFERED_BY[guessed ? BY.parent : by[first]];
  const callee = view.callee[first];
  batches.push({ owner: owner[first], callee, by: surest, width, from, rows, offer, end, retries });
}
