/** Which calls a fan-out offered together, when each was offered, and how they queued. */
import { ROLE } from '../trace/roles.ts';
import { Sweep } from '../trace/sweep.ts';
import type { TraceView } from '../trace/view.ts';
import { type Attempts, foldAttempts } from './attempts.ts';
import { CLOCK_NS, duration, failedCalls, isOutermostCall, oncePerView } from './calls.ts';
import { quantile, slopeByRank } from './stats.ts';

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
function thoughtEnds(view: TraceView): Map<number, Float64Array> {
  const rows = new Map<number, number[]>();
  for (let row = 0; row < view.n; row++) {
    if (!isThought(view.role[row]) || view.parent[row] < 0) continue;
    const ends = rows.get(view.parent[row]);
    if (ends) ends.push(view.end[row]);
    else rows.set(view.parent[row], [view.end[row]]);
  }
  return new Map([...rows].map(([parent, ends]) => [parent, Float64Array.from(ends).sort()]));
}

/** The latest of `ends` that is not after `start`; -1 without one. */
function latestBefore(ends: Float64Array | undefined, start: number): number {
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

function groups(view: TraceView, attempts: Attempts): Group[] {
  const ends = new Float64Array(view.end);
  const perParent = new Map<number, number>();
  const key = (owner: number, callee: number) => owner * view.strings.length + callee;
  const firsts: number[] = [];
  for (let row = 0; row < view.n; row++) {
    if (!isOutermostCall(view, row)) continue;
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
  return [...found.values()];
}

/**
 * Cuts a group where everything offered before is done. Where only the parent's start is known, a call that starts
 * while none runs was offered just then.
 */
function cut(view: TraceView, group: Group): Offered[][] {
  const calls = group.calls.sort((a, b) => a.offer - b.offer || a.row - b.row);
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
  for (const group of groups(view, attempts)) {
    if (group.calls.length < leastWidth) continue;
    for (const calls of cut(view, group)) {
      if (calls.length < leastWidth) continue;
      calls.sort((a, b) => a.row - b.row);
      const surest = calls.every((call) => call.by !== 'parent') ? calls[0].by : 'parent';
      batches.push({
        owner: group.owner,
        callee: group.callee,
        by: surest,
        calls,
        attempts: calls.flatMap((call) => [call.row, ...(retries.get(call.row) ?? [])]),
      });
    }
  }
  return batches;
}

/** How a batch queued; times in ns. */
export interface Queueing {
  readonly width: number;
  readonly concurrency: number;
  readonly service: number;
  readonly meanService: number;
  readonly waits: Float64Array;
  readonly queueShare: number;
  /** ns that each further call started later. */
  readonly slope: number;
  readonly makespan: number;
  /** Share of the reached concurrency that was in use while calls were still waiting. */
  readonly utilisation: number;
  /** From offer to the end of the last attempt, rising. */
  readonly latencies: Float64Array;
}

/**
 * A level counts as reached when it holds for this share of the time: clocks of 1 ms, and spans that end a little after
 * their slot is free, let successors overlap for a moment, at twice the true level.
 */
const HELD_SHARE = 0.2;

/** How the calls of a batch queued: width, concurrency reached, waiting and service times in nanoseconds. */
export function measureQueueing(view: TraceView, batch: Batch): Queueing {
  const { calls, attempts } = batch;
  const failed = failedCalls(view);
  const width = calls.length;
  const sweep = new Sweep(
    attempts.map((row) => view.start[row]),
    attempts.map((row) => view.end[row]),
  );
  const concurrency = sweep.held(HELD_SHARE);
  const successes = attempts.filter((row) => failed[row] === 0);
  // A failure may come at once: it says nothing about how long the work takes.
  const served = successes.length * 2 >= attempts.length ? successes : attempts;
  const durations = Float64Array.from(served, (row) => duration(view, row)).sort();
  const service = quantile(durations, 0.1);
  const waits = Float64Array.from(calls, (call) => Math.max(0, view.start[call.row] - call.offer));
  const waited = waits.reduce((sum, wait) => sum + wait, 0);
  const firstStart = view.start[calls[0].row];
  const lastStart = view.start[calls[width - 1].row];
  const offered = Math.min(...calls.map((call) => call.offer));
  return {
    width,
    concurrency,
    service,
    meanService: durations.reduce((sum, each) => sum + each, 0) / durations.length,
    waits,
    queueShare: waited === 0 ? 0 : waited / (waited + width * service),
    slope: slopeByRank(waits),
    makespan: calls.reduce((last, call) => Math.max(last, call.end), 0) - offered,
    utilisation: concurrency === 0 ? 0 : sweep.meanWithin(firstStart, lastStart) / concurrency,
    latencies: Float64Array.from(calls, (call) => call.end - call.offer).sort(),
  };
}
