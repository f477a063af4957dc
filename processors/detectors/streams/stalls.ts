/** A token stream's pace and its stalls. Times in ns from the trace's start. */

import { ATTR } from '#schemas/semconv.ts';
import { float64s } from '../../trace/arrays.ts';
import { CLOCK_NS } from '../../trace/clock.ts';
import { oncePerView } from '../../trace/once-per-view.ts';
import { ROLE } from '../../trace/roles.ts';
import { hasRole } from '../../trace/roles-in.ts';
import type { Sweep } from '../../trace/sweep.ts';
import type { TraceView } from '../../trace/view.ts';
import { quantile } from '../stats.ts';
import type { Background } from './background.ts';

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
  /** Of it what the stream did not wait for its own tools. */
  readonly time: number;
}

export interface Stream {
  readonly row: number;
  /** Moments of its chunks, rising. */
  readonly chunks: Float64Array;
  readonly interval: number | undefined;
}

const NONE: readonly number[] = [];

/** The rows that are token streams, rising: by their role, or chats that say when their chunks came. */
export const streamsIn = oncePerView((view): readonly number[] => {
  const mayChat = hasRole(view, ROLE.chat) && view.mayHave(ATTR.ATI_STREAM_TOKEN_OFFSETS);
  if (!mayChat && !hasRole(view, ROLE.stream)) return NONE;
  const streams: number[] = [];
  for (let row = 0; row < view.n; row++) {
    const role = view.role[row];
    const says = role === ROLE.chat && view.attribute(row, ATTR.ATI_STREAM_TOKEN_OFFSETS) !== undefined;
    if (role === ROLE.stream || says) streams.push(row);
  }
  return streams;
});

/** True where a span is a token stream. */
export function isStream(view: TraceView, row: number): boolean {
  const streams = streamsIn(view);
  return streams.length > 0 && streams[firstAbove(streams.length, (i) => streams[i], row - 1)] === row;
}

/** How far beside its span a chunk may be said to have come: SDKs take the two from different clocks. */
const SLACK_NS = 10 * CLOCK_NS;

/** The stream of a row, or undefined where it says nothing (or nonsense) about its chunks. */
export function readStream(view: TraceView, row: number): Stream | undefined {
  const offsets = view.attribute(row, ATTR.ATI_STREAM_TOKEN_OFFSETS);
  if (!Array.isArray(offsets) || offsets.length < 2) return undefined;
  const start = view.start[row];
  const end = view.end[row];
  const chunks = float64s(offsets.length);
  let rise = true;
  for (let i = 0; i < chunks.length; i++) {
    const offset: unknown = offsets[i];
    const at = typeof offset === 'number' ? start + offset * 1e6 : Number.NaN;
    if (!(at >= start - SLACK_NS && at <= end + SLACK_NS)) return undefined;
    chunks[i] = Math.min(Math.max(at, start), end);
    rise &&= i === 0 || chunks[i - 1] <= chunks[i];
  }
  if (!rise) chunks.sort();
  const interval = view.attribute(row, ATTR.ATI_STREAM_INTERVAL);
  const isInterval =
    typeof interval === 'number' && interval > 0 && interval * 1e6 <= Number.MAX_SAFE_INTEGER;
  return { row, chunks, interval: isInterval ? interval * 1e6 : undefined };
}

export interface Pace {
  /** The gap that is normal for this stream, or undefined where that cannot be known. */
  readonly baseline: number | undefined;
  readonly limit: number;
  /** Gaps above the limit that are no waits for the stream's own tools. */
  readonly stalls: readonly Stall[];
  /** Time of the stalls, without waits for its own tools, and of it what overlaps background work. */
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
    const time = end - start - background.own.busyWithin(start, end);
    if (time <= limit) continue;
    stalls.push({ start, end, time });
    stalled += time;
    overlapped += background.besides(start, end);
  }
  return { baseline, limit, stalls, stalled, overlapped };
}

/** What of an interval lies within stalls; times in ns from the trace's start. */
export interface Overlap {
  readonly time: number;
  readonly first: number;
  readonly last: number;
}

/** The first of n rising values that is above `limit`; n where none is. */
export function firstAbove(n: number, valueAt: (index: number) => number, limit: number): number {
  let low = 0;
  for (let high = n; low < high; ) {
    const middle = (low + high) >> 1;
    if (valueAt(middle) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Looks up what of an interval lies within `stalls` (in order of time); undefined where nothing does. */
export function stallsWithin(stalls: readonly Stall[]): (start: number, end: number) => Overlap | undefined {
  const before = float64s(stalls.length + 1);
  for (const [i, stall] of stalls.entries()) before[i + 1] = before[i] + stall.end - stall.start;
  return (start, end) => {
    const from = firstAbove(stalls.length, (i) => stalls[i].end, start);
    const to = firstAbove(stalls.length, (i) => stalls[i].start, end) - 1;
    if (from > to || end <= start) return undefined;
    const first = Math.max(start, stalls[from].start);
    const last = Math.min(end, stalls[to].end);
    const cut = first - stalls[from].start + (stalls[to].end - last);
    const time = before[to + 1] - before[from] - cut;
    return time > 0 ? { time, first, last } : undefined;
  };
}

/**
 * The greatest level of the sweep that holds for at least `share` of the stalls' busy time: calls overlap their
 * successors for a moment, and such a moment is no concurrency.
 */
export function levelDuring(sweep: Sweep, stalls: readonly Stall[], share: number): number {
  const { time, level } = sweep;
  const spent: number[] = [];
  let busy = 0;
  for (const { start, end } of stalls)
    for (let k = Math.max(0, firstAbove(time.length, (i) => time[i], start) - 1); k + 1 < time.length; k++) {
      if (time[k] >= end) break;
      const held = Math.min(end, time[k + 1]) - Math.max(start, time[k]);
      if (held <= 0 || level[k] === 0) continue;
      spent[level[k]] = (spent[level[k]] ?? 0) + held;
      busy += held;
    }
  let above = 0;
  for (let at = spent.length - 1; at > 0; at--) {
    above += spent[at] ?? 0;
    if (above >= share * busy) return at;
  }
  return 0;
}

/** Sum of the gaps between chunks that are longer than `limit`, ns. */
export function timeInGapsOver({ chunks }: Stream, limit: number): number {
  let time = 0;
  for (let i = 1; i < chunks.length; i++) {
    const gap = chunks[i] - chunks[i - 1];
    if (gap > limit) time += gap;
  }
  return time;
}
