/** How the calls of a fan-out queued, and whether what they waited for was each other. Times in ns. */

import { CLOCK_NS } from '../../trace/clock.ts';
import { oncePerView } from '../../trace/once-per-view.ts';
import { ROLE } from '../../trace/roles.ts';
import { Sweep } from '../../trace/sweep.ts';
import type { TraceView } from '../../trace/view.ts';
import { duration, failedCalls, isOutermostCall, rowsByCallee } from '../calls.ts';
import { quantile, slopeByRank, sortedCopy, variation } from '../stats.ts';
import type { OfferedBatch } from './batches.ts';
import { outermostCalls } from './outermost.ts';

export interface Queueing {
  readonly width: number;
  readonly concurrency: number;
  readonly service: number;
  readonly meanService: number;
  /** The longest from its start to the end of its last attempt: no number of slots makes the batch shorter. */
  readonly longestService: number;
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
 * A level counts as reached when it holds for this share of the time: spans that end a little after their slot is free
 * let successors overlap for a moment, at twice the true level.
 */
const HELD_SHARE = 0.2;
/** Calls below this many ticks of the clock: which of them overlapped is not known any more, only how much they ran. */
const TICKS = 2;

/**
 * How many of the calls ran at a time while others waited, from `first` to `last`: not after the last has started, when
 * a slow one may run alone for long. Where nothing waited, over all their time.
 *
 * SDKs round a span's start down to the millisecond and keep its duration, so that a successor may seem to start up to
 * a millisecond before its predecessor ends. Shortened by that millisecond spans overlap only where the calls did.
 */
function concurrencyOf(
  view: TraceView,
  rows: readonly number[],
  first: number,
  last: number,
  usual: number,
): number {
  const to = last > first ? last : Number.POSITIVE_INFINITY;
  const among = rows.filter((row) => view.start[row] < to && view.end[row] > first);
  const sweep = (shortenedBy: number) =>
    new Sweep(
      among.map((row) => Math.max(first, view.start[row])),
      among.map((row) => Math.max(view.start[row], first, Math.min(to, view.end[row] - shortenedBy))),
    );
  const whole = sweep(0);
  if (usual < TICKS * CLOCK_NS)
    return Math.max(1, Math.round(whole.meanWithin(first, whole.time.at(-1) ?? first)));
  const surely = sweep(CLOCK_NS).level.reduce((most, level) => Math.max(most, level), 0);
  return Math.max(1, Math.min(whole.held(HELD_SHARE), surely));
}

export function measureQueueing(view: TraceView, batch: OfferedBatch): Queueing {
  const { calls, attempts } = batch;
  const failed = failedCalls(view);
  const width = calls.length;
  const successes = attempts.filter((row) => failed[row] === 0);
  // A failure may come at once: it says nothing about how long the work takes.
  const served = successes.length * 2 >= attempts.length ? successes : attempts;
  const durations = sortedCopy(served.map((row) => duration(view, row)));
  const service = quantile(durations, 0.1);
  const waits = Float64Array.from(calls, (call) => Math.max(0, view.start[call.row] - call.offer));
  const waited = waits.reduce((sum, wait) => sum + wait, 0);
  const first = view.start[calls[0].row];
  const last = view.start[calls[width - 1].row];
  const offered = calls.reduce((least, call) => Math.min(least, call.offer), first);
  const concurrency = concurrencyOf(view, attempts, first, last, quantile(durations, 0.5));
  const running = new Sweep(
    attempts.map((row) => view.start[row]),
    attempts.map((row) => view.end[row]),
  );
  return {
    width,
    concurrency,
    service,
    meanService: durations.reduce((sum, each) => sum + each, 0) / durations.length,
    longestService: calls.reduce((most, call) => Math.max(most, call.end - view.start[call.row]), 0),
    waits,
    queueShare: waited === 0 ? 0 : waited / (waited + width * service),
    slope: slopeByRank(waits),
    makespan: calls.reduce((most, call) => Math.max(most, call.end), 0) - offered,
    utilisation: running.meanWithin(first, last) / concurrency,
    latencies: sortedCopy(calls.map((call) => call.end - call.offer)),
  };
}

export interface HandoverLimits {
  /** Share of S, and least ms, that a start may lie from the end that makes room for it. */
  readonly maxHandover: number;
  readonly minHandoverMs: number;
  /** Starts whose distances vary less (standard deviation / mean) come from a timer. */
  readonly minStartVariation: number;
}

/** Rows of calls under one owner, as `OfferedBatch.owner`: whatever their callees are, they may share its slots. */
const rowsByOwner = oncePerView((view) => {
  const found = new Map<number, number[]>();
  const { n, rows: calls } = outermostCalls(view);
  for (let i = 0; i < n; i++) {
    const row = calls[i];
    const parent = view.parent[row];
    const above = view.parent[parent];
    const owner = view.role[parent] === ROLE.worker && above >= 0 ? above : parent;
    const rows = found.get(owner);
    if (rows) rows.push(row);
    else found.set(owner, [row]);
  }
  return found;
});
const outermostByCallee = oncePerView((view) => rowsByCallee(view, isOutermostCall));

/**
 * Half of the starts between `first` and `last` come as a call among `rows` ends: with c slots the i-th to start takes
 * over from the (i − c)-th to end.
 */
function takesOver(
  view: TraceView,
  rows: readonly number[],
  concurrency: number,
  first: number,
  last: number,
  tolerance: number,
): boolean {
  const starts = sortedCopy(rows.map((row) => view.start[row]));
  const ends = sortedCopy(rows.map((row) => view.end[row]));
  const away: number[] = [];
  for (let i = concurrency; i < starts.length && starts[i] <= last; i++)
    if (starts[i] > first) away.push(Math.abs(starts[i] - ends[i - concurrency]));
  return away.length > 0 && quantile(sortedCopy(away), 0.5) <= tolerance;
}

/** Starts at even distances, however long the calls before them took: the caller or a rate limit sets their pace. */
function isPaced(view: TraceView, { calls }: OfferedBatch, q: Queueing, least: number): boolean {
  const gaps: number[] = [];
  for (let i = q.concurrency + 1; i < q.width; i++)
    gaps.push(view.start[calls[i].row] - view.start[calls[i - 1].row]);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  // A single round after the first starts almost at once, and as evenly as chance has it.
  return q.concurrency > 1 && mean * q.concurrency >= q.service / 2 && variation(gaps) < least;
}

/** Of a batch's size: so that judging many batches by what ran beside each of them takes linear time in all. */
const MOST_TIMES_WIDER = 50;

/**
 * True where the calls waited for slots that other calls held: their own batch's, those of their owner's other calls,
 * or those of the same callee elsewhere in the trace. Calls that come over time, at a pace of their own, do not.
 */
export function waitsForSlots(
  view: TraceView,
  batch: OfferedBatch,
  q: Queueing,
  limits: HandoverLimits,
): boolean {
  if (isPaced(view, batch, q, limits.minStartVariation)) return false;
  const first = view.start[batch.calls[0].row];
  const last = view.start[batch.calls[q.width - 1].row];
  const tolerance = Math.max(limits.minHandoverMs * 1e6, limits.maxHandover * q.service);
  const follows = (rows: readonly number[], concurrency: number) =>
    takesOver(view, rows, concurrency, first, last, tolerance);
  if (follows(batch.attempts, q.concurrency)) return true;
  const others = [rowsByOwner(view).get(batch.owner), outermostByCallee(view).get(batch.callee)];
  const own = batch.attempts.length;
  return others.some(
    (rows) =>
      rows !== undefined &&
      rows.length > own &&
      rows.length <= MOST_TIMES_WIDER * own &&
      follows(rows, concurrencyOf(view, rows, first, last, q.service)),
  );
}
