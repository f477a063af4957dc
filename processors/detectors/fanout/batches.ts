/** Which calls a fan-out offered together, and when each was offered. */

import { CLOCK_NS } from '../../trace/clock.ts';
import { keptFloat64s, keptInt32s, keptUint8s } from '../../trace/scratch.ts';
import { Tuples } from '../../trace/tuples.ts';
import type { TraceView } from '../../trace/view.ts';
import { oncePerView } from '../calls.ts';
import { type Attempts, foldAttempts } from '../retries/attempts.ts';
import { BY, OFFERED_BY, type OfferedBy, type Offers, offersOf } from './offers.ts';
import { type OutermostCalls, outermostCalls } from './outermost.ts';

interface Offered {
  /** First attempt of the call. */
  readonly row: number;
  readonly by: OfferedBy;
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

const keptFirsts = keptInt32s();
const keptEnds = keptFloat64s();

/** The batches of the callees that are called often enough: no other can have one. */
function batchesOf(view: TraceView, leastWidth: number): Batch[] {
  const batches: Batch[] = [];
  const calls = outermostCalls(view);
  if (calls.callees === 0 || calls.count[calls.callee[0]] < leastWidth) return batches;
  const attempts = foldAttempts(view);
  const firsts = keptFirsts(calls.n);
  const ends = keptEnds(view.n);
  let n = 0;
  let retried = false;
  for (let i = 0; i < calls.n; i++) {
    const row = calls.rows[i];
    if (calls.count[view.callee[row]] < leastWidth) continue;
    const first = attempts.first[row];
    if (first === row) {
      firsts[n++] = row;
      ends[row] = view.end[row];
    } else {
      retried = true;
      ends[first] = Math.max(ends[first], view.end[row]);
    }
  }
  const retries = retried ? retriesOf(calls, attempts) : undefined;
  const offers = offersOf(view, firsts, n);
  const groups = group(view, firsts, n, offers);
  const making = { view, offers, ends, retries, leastWidth, batches };
  for (let at = 0; at < groups; at++) if (size[at] >= leastWidth) cut(making, at);
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

/** The calls of one callee that one span offers, of each group: a chain of rows from `head` on by `next`, rising. */
const pairs = new Tuples();
const keptHead = keptInt32s();
const keptTail = keptInt32s();
const keptSize = keptInt32s();
const keptSurely = keptUint8s();
const keptNext = keptInt32s();
let head = keptHead(0);
let size = keptSize(0);
/** 1: of some of its calls not only the parent's start tells when they were offered. */
let surely = keptSurely(0);
let next = keptNext(0);

/** Groups the calls `rows[0 .. n)`; how many groups there are. */
function group(view: TraceView, rows: Int32Array, n: number, { owner, by }: Offers): number {
  pairs.clear();
  head = keptHead(n);
  size = keptSize(n);
  surely = keptSurely(n);
  next = keptNext(view.n);
  const tail = keptTail(n);
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    const known = pairs.count;
    const at = pairs.add(owner[row], view.callee[row]);
    if (at === known) {
      head[at] = row;
      size[at] = 0;
      surely[at] = 0;
    } else next[tail[at]] = row;
    tail[at] = row;
    next[row] = -1;
    size[at]++;
    if (by[row] !== BY.parent) surely[at] = 1;
  }
  return pairs.count;
}

/** What batches are made of, and where they go. */
interface Making {
  readonly view: TraceView;
  readonly offers: Offers;
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
  const { by, at } = making.offers;
  const calls = keptCalls(size[group]);
  let n = 0;
  for (let row = head[group]; row >= 0; row = next[row]) {
    // Beside calls with workers or a plan, one whose own was lost (adopt.ts) does not tell when it was offered.
    if (surely[group] === 1 && by[row] === BY.parent && view.orphan[row] === 1) continue;
    calls[n++] = row;
  }
  if (n < leastWidth) return;
  sortBy(at, calls, 0, n);
  let from = 0;
  let done = -1;
  for (let i = 0; i < n; i++) {
    const row = calls[i];
    const guessed = by[row] === BY.parent;
    const begins = guessed ? view.start[row] : at[row];
    const slack = guessed ? 2 * CLOCK_NS : 0;
    if (i > 0 && begins >= done + slack) {
      add(making, calls, from, i);
      from = i;
    }
    if (guessed) at[row] = Math.min(view.start[calls[from]], view.start[row]);
    done = Math.max(done, ends[row]);
  }
  add(making, calls, from, n);
}

/** Makes a batch of `calls[from .. to)` if they are enough. */
function add(making: Making, rows: Int32Array, from: number, to: number): void {
  const { view, offers, ends, retries, leastWidth, batches } = making;
  if (to - from < leastWidth) return;
  sortBy(undefined, rows, from, to);
  const calls: Offered[] = [];
  const attempts: number[] = [];
  let guessed = false;
  for (let i = from; i < to; i++) {
    const row = rows[i];
    guessed ||= offers.by[row] === BY.parent;
    calls.push({ row, by: OFFERED_BY[offers.by[row]], offer: offers.at[row], end: ends[row] });
    attempts.push(row);
    const again = retries?.get(row);
    if (again !== undefined) for (const retry of again) attempts.push(retry);
  }
  const first = rows[from];
  const by = guessed ? OFFERED_BY[BY.parent] : calls[0].by;
  batches.push({ owner: offers.owner[first], callee: view.callee[first], by, calls, attempts });
}

/** Up to so many are put where they belong one by one. */
const FEW = 40;

/** Sorts `rows[from .. to)` in place by what `of` says of them, equal ones and all without it by row. */
function sortBy(of: Float64Array | undefined, rows: Int32Array, from: number, to: number): void {
  const before = (a: number, b: number) => (of === undefined ? a - b : of[a] - of[b] || a - b);
  if (to - from > FEW) {
    rows.subarray(from, to).sort(before);
    return;
  }
  for (let i = from + 1; i < to; i++) {
    const row = rows[i];
    let at = i;
    for (; at > from && before(rows[at - 1], row) > 0; at--) rows[at] = rows[at - 1];
    rows[at] = row;
  }
}
