/** A token stream's pace, its stalls, and the work that ran beside it. Times in ns from the trace's start. */
import { ATTR } from '#schemas/semconv.ts';
import { ROLE } from '../trace/roles.ts';
import { Sweep } from '../trace/sweep.ts';
import type { TraceView } from '../trace/view.ts';
import { isCall } from './calls.ts';
import { quantile } from './stats.ts';

export interface StallLimits {
  readonly minCleanGaps: number;
  readonly stallFactor: number;
  readonly minStallMs: number;
  /** So many of its siblings' calls at once are no longer the stream's own tools. */
  readonly maxOwnTools: number;
}

export interface Stall {
  readonly start: number;
  readonly end: number;
}

export interface Stream {
  readonly row: number;
  /** Moments of its chunks, rising. */
  readonly chunks: Float64Array;
  readonly interval: number | undefined;
}

/** True where a span is a token stream: by its role, or a chat that says when its chunks came. */
export function isStream(view: TraceView, row: number): boolean {
  if (view.role[row] === ROLE.stream) return true;
  return view.role[row] === ROLE.chat && view.attribute(row, ATTR.ATI_STREAM_TOKEN_OFFSETS) !== undefined;
}

/** No further than numbers are exact (104 days): sums of what lies between such moments are finite. */
const isMoment = (ns: number) => Math.abs(ns) <= Number.MAX_SAFE_INTEGER;

/** The stream of a row, or undefined where it says nothing (or nonsense) about its chunks. */
export function readStream(view: TraceView, row: number): Stream | undefined {
  const offsets = view.attribute(row, ATTR.ATI_STREAM_TOKEN_OFFSETS);
  if (!Array.isArray(offsets) || offsets.length < 2) return undefined;
  const chunks = Float64Array.from(offsets, (offset: unknown) =>
    typeof offset === 'number' ? view.start[row] + offset * 1e6 : Number.NaN,
  ).sort();
  if (!chunks.every(isMoment)) return undefined;
  const interval = view.attribute(row, ATTR.ATI_STREAM_INTERVAL);
  const isInterval = typeof interval === 'number' && interval > 0 && isMoment(interval * 1e6);
  return { row, chunks, interval: isInterval ? interval * 1e6 : undefined };
}

/** The work beside a stream: calls that are not its own. */
export interface Background {
  readonly rows: readonly number[];
  readonly sweep: Sweep;
  /** The stream's own tools. */
  readonly own: Sweep;
}

function markSubtree(view: TraceView, row: number): Uint8Array {
  const inside = new Uint8Array(view.n);
  inside[row] = 1;
  for (const each of view.topDown) if (view.parent[each] >= 0 && inside[view.parent[each]]) inside[each] = 1;
  return inside;
}

/** Calls, and leaves that do something themselves; not another stream, a person or a checkpoint, nor what only waits. */
function isWork(view: TraceView, row: number): boolean {
  const role = view.role[row];
  if (role === ROLE.stream || role === ROLE.human || role === ROLE.checkpoint || role === ROLE.agent)
    return false;
  return isCall(view, row) || view.children(row).length === 0;
}

const sweepOf = (view: TraceView, rows: readonly number[]) =>
  new Sweep(
    rows.map((row) => view.start[row]),
    rows.map((row) => view.end[row]),
  );

/**
 * Own are the calls below the stream and, where its caller makes at most `maxOwnTools` at once, the calls right
 * beside it: an agent that streams and calls a tool waits for that tool.
 */
export function backgroundOf(view: TraceView, row: number, limits: StallLimits): Background {
  const below = markSubtree(view, row);
  const ancestors = new Set<number>();
  for (let at = view.parent[row]; at >= 0; at = view.parent[at]) ancestors.add(at);
  const calls: number[] = [];
  const beside: number[] = [];
  const own: number[] = [];
  const counted = new Uint8Array(view.n); // the row or one above it: a call's server span is the same work
  for (const each of view.topDown) {
    const parent = view.parent[each];
    if (parent >= 0) counted[each] = counted[parent];
    if (counted[each] || each === row || ancestors.has(each) || !isWork(view, each)) continue;
    counted[each] = 1;
    if (below[each]) own.push(each);
    else if (isCall(view, each) && parent === view.parent[row]) beside.push(each);
    else calls.push(each);
  }
  const siblings = sweepOf(view, beside);
  const many = siblings.level.some((level) => level > limits.maxOwnTools);
  (many ? calls : own).push(...beside);
  return { rows: calls.sort((a, b) => a - b), sweep: sweepOf(view, calls), own: sweepOf(view, own) };
}

export interface Pace {
  /** The gap that is normal for this stream, or undefined where that cannot be known. */
  readonly baseline: number | undefined;
  readonly limit: number;
  /** Gaps above the limit that are no waits for the stream's own tools. */
  readonly stalls: readonly Stall[];
  /** Time of the stalls, and of it what overlaps background work. */
  readonly stalled: number;
  readonly overlapped: number;
}

/**
 * The baseline is the 10th percentile of the gaps without background work, where there are enough, else the declared
 * interval. The 10th percentile, since a stream that stalls for other reasons too would hide its own pace.
 */
export function paceOf(stream: Stream, background: Background, limits: StallLimits): Pace {
  const { chunks, interval } = stream;
  const clean: number[] = [];
  for (let i = 1; i < chunks.length; i++)
    if (background.sweep.busyWithin(chunks[i - 1], chunks[i]) === 0) clean.push(chunks[i] - chunks[i - 1]);
  const baseline =
    clean.length >= limits.minCleanGaps ? quantile(Float64Array.from(clean).sort(), 0.1) : interval;
  if (baseline === undefined) return { baseline, limit: 0, stalls: [], stalled: 0, overlapped: 0 };
  const limit = Math.max(limits.stallFactor * baseline, limits.minStallMs * 1e6);
  const stalls: Stall[] = [];
  let stalled = 0;
  let overlapped = 0;
  for (let i = 1; i < chunks.length; i++) {
    const start = chunks[i - 1];
    const end = chunks[i];
    // What the stream's own tools took is not a stall; what is left may still be one.
    if (end - start - background.own.busyWithin(start, end) <= limit) continue;
    stalls.push({ start, end });
    stalled += end - start;
    overlapped += background.sweep.busyWithin(start, end);
  }
  return { baseline, limit, stalls, stalled, overlapped };
}
