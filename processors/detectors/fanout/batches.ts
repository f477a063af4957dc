/** Which calls a fan-out offered together, and when each was offered. */

import { float64s, int32s, sortFew, uint8s } from '../../trace/arrays.ts';
import { CLOCK_NS } from '../../trace/clock.ts';
import { ROLE } from '../../trace/roles.ts';
import type { TraceView } from '../../trace/view.ts';
import { isOutermostCall, oncePerView } from '../calls.ts';
import { type Attempts, foldAttempts } from '../retries/attempts.ts';

/** How the moment at which a call was offered is known: surest first. */
export type OfferedBy = 'worker' | 'sibling' | 'parent';

interface Offered {
  /** First attempt of the call. */
  readonly row: number;
  readonly by: OfferedBy;
  offer: number;
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

const isThought = (role: number) => role === ROLE.chat || role === ROLE.planner;

/** For each parent with chats or plans among its children their ends, rising. */
function thoughtEnds(view: TraceView): ReadonlyMap<number, readonly number[]> {
  const rows = new Map<number, number[]>();
  for (let row = 0; row < view.n; row++) {
    if (!isThought(view.role[row]) || view.parent[row] < 0) continue;
    const ends = rows.get(view.parent[row]);
    if (ends) ends.push(view.end[row]);
    else rows.set(view.parent[row], [view.end[row]]);
  }
  for (const ends of rows.values()) if (ends.length > 1) sortFew(ends, (a, b) => a - b);
  return rows;
}

/** The latest of `ends` that is not after `start`; -1 without one. */
function latestBefore(ends: readonly number[] | undefined, start: number): number {
  let found = -1;
  for (let low = 0, high = ends?.length ?? 0; ends !== undefined && low < high; ) {
    const middle = (low + high) >> 1;
    if (ends[middle] <= start + CLOCK_NS) {
      found = ends[middle];
      low = middle + 1;
    } else high = middle;
  }
  return Math.min(found, start);
}

interface Group {
  readonly owner: number;
  readonly callee: number;
  readonly calls: Offered[];
}

/** 1 for each callee with so many calls: no other can have a batch of them. Undefined where none has. */
function calledOften(view: TraceView, least: number): Uint8Array | undefined {
  const counts = int32s(view.strings.length);
  const often = uint8s(view.strings.length);
  let any = false;
  for (let row = 0; row < view.n; row++) {
    if (!isOutermostCall(view, row) || ++counts[view.callee[row]] < least) continue;
    often[view.callee[row]] = 1;
    any = true;
  }
  return any ? often : undefined;
}

function groups(view: TraceView, attempts: Attempts, often: Uint8Array): Group[] {
  const ends = float64s(view.n);
  for (let row = 0; row < view.n; row++) ends[row] = view.end[row];
  const perParent = new Map<number, number>();
  const key = (owner: number, callee: number) => owner * view.strings.length + callee;
  const firsts: number[] = [];
  for (let row = 0; row < view.n; row++) {
    if (often[view.callee[row]] === 0 || !isOutermostCall(view, row)) continue;
    const first = attempts.first[row];
    ends[first] = Math.max(ends[first], view.end[row]);
    if (first !== row) continue;
    firsts.push(row);
    const at = key(view.parent[row], view.callee[row]);
    perParent.set(at, (perParent.get(at) ?? 0) + 1);
  }
  const found = new Map<number, Group>();
  const thoughts = thoughtEnds(view);
  for (const row of firsts) {
    const parent = view.parent[row];
    // A worker with one such call is one offer; one that makes several is a caller like any other.
    const alone = perParent.get(key(parent, view.callee[row])) === 1;
    const offeredByWorker = view.role[parent] === ROLE.worker && alone && view.parent[parent] >= 0;
    const owner = offeredByWorker ? view.parent[parent] : parent;
    const thought = latestBefore(thoughts.get(parent), view.start[row]);
    const base = Math.min(view.start[parent], view.start[row]);
    const by: OfferedBy = offeredByWorker ? 'worker' : thought >= 0 ? 'sibling' : 'parent';
    const at = key(owner, view.callee[row]);
    let group = found.get(at);
    if (group === undefined) {
      group = { owner, callee: view.callee[row], calls: [] };
      found.set(at, group);
    }
    group.calls.push({ row, by, offer: Math.max(base, thought), end: ends[row] });
  }
  const all: Group[] = [];
  for (const { owner, callee, calls } of found.values())
    all.push({ owner, callee, calls: whoseOfferIsKnown(view, calls) });
  return all;
}

/** Beside calls with workers or a plan, one whose own was lost (adopt.ts) does not tell when it was offered. */
function whoseOfferIsKnown(view: TraceView, calls: Offered[]): Offered[] {
  if (calls.every(({ by }) => by === 'parent')) return calls;
  return calls.filter(({ row, by }) => by !== 'parent' || view.orphan[row] === 0);
}

/**
 * Cuts a group where everything offered before is done. Where only the parent's start is known, a call that starts
 * while none runs was offered just then.
 */
function cut(view: TraceView, group: Group): Offered[][] {
  const calls = sortFew(group.calls, (a, b) => a.offer - b.offer || a.row - b.row);
  const batches: Offered[][] = [];
  let done = -1;
  for (const call of calls) {
    const begins = call.by === 'parent' ? view.start[call.row] : call.offer;
    const slack = call.by === 'parent' ? 2 * CLOCK_NS : 0;
    if (batches.length === 0 || begins >= done + slack) batches.push([]);
    const batch = batches[batches.length - 1];
    batch.push(call);
    if (call.by === 'parent') call.offer = Math.min(view.start[batch[0].row], view.start[call.row]);
    done = Math.max(done, call.end);
  }
  return batches;
}

/** The narrowest batch that is asked for by default: wider ones are among those, worked out once for each view. */
const USUAL_WIDTH = 5;
const usualBatches = oncePerView((view) => batchesOf(view, USUAL_WIDTH));

/** The batches of at least `leastWidth` calls; retries are folded into the call that they repeat. */
export function fanoutBatches(view: TraceView, leastWidth: number): readonly Batch[] {
  if (leastWidth < USUAL_WIDTH) return batchesOf(view, leastWidth);
  return usualBatches(view).filter((batch) => batch.calls.length >= leastWidth);
}

function batchesOf(view: TraceView, leastWidth: number): Batch[] {
  const often = calledOften(view, leastWidth);
  if (often === undefined) return [];
  const attempts = foldAttempts(view);
  const batches: Batch[] = [];
  const retries = new Map<number, number[]>();
  for (let row = 0; row < view.n; row++) {
    const first = attempts.first[row];
    if (first === row) continue;
    const rows = retries.get(first);
    if (rows) rows.push(row);
    else retries.set(first, [row]);
  }
  for (const group of groups(view, attempts, often)) {
    if (group.calls.length < leastWidth) continue;
    for (const calls of cut(view, group)) {
      if (calls.length < leastWidth) continue;
      sortFew(calls, (a, b) => a.row - b.row);
      const surest = calls.every((call) => call.by !== 'parent') ? calls[0].by : 'parent';
      batches.push({
        owner: group.owner,
        callee: group.callee,
        by: surest,
        calls,
        attempts:
          retries.size === 0
            ? calls.map((call) => call.row)
            : calls.flatMap((call) => [call.row, ...(retries.get(call.row) ?? [])]),
      });
    }
  }
  return batches;
}
