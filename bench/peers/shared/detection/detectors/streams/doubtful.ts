/** Calls that a lost span has cut off: whether a stream waited for them as for its own tools. */

import type { TraceView } from '#processors/trace/view.ts';
import { Sweep } from '../../trace/sweep.ts';
import { quantile } from '../stats.ts';
import { firstAbove, type StallLimits, type Stream } from './stalls.ts';

/**
 * Of `rows` those that the stream waited for: together with the tools that are surely its own they fill a gap between
 * two of its chunks, so that less than a stall is left of it, and are no more at once than a stream's own tools are.
 * Other work that happens to fill a gap so exactly is taken for its tool, too: better a stall missed than one invented.
 */
export function waitedFor(
  view: TraceView,
  { chunks }: Stream,
  rows: readonly number[],
  own: Sweep,
  limits: StallLimits,
): Set<number> {
  const gaps = Float64Array.from(chunks.subarray(1), (end, i) => end - chunks[i]).sort();
  const pace = quantile(gaps, 0.1);
  const limit = Math.max(limits.stallFactor * pace, limits.minStallMs * 1e6);
  const perGap = new Map<number, number[]>();
  for (const row of rows) {
    const middle = (view.start[row] + view.end[row]) / 2;
    const next = firstAbove(chunks.length, (i) => chunks[i], middle);
    if (next === 0 || next === chunks.length || chunks[next] - chunks[next - 1] <= limit) continue;
    // A chunk that came while it ran: the stream did not wait for it.
    if (view.start[row] < chunks[next - 1] - pace || view.end[row] > chunks[next] + pace) continue;
    const known = perGap.get(next);
    if (known) known.push(row);
    else perGap.set(next, [row]);
  }
  const waited = new Set<number>();
  for (const [next, each] of perGap) {
    const start = chunks[next - 1];
    const end = chunks[next];
    const silence = new Sweep(
      each.map((row) => Math.max(start, view.start[row])),
      each.map((row) => Math.min(end, view.end[row])),
    );
    if (silence.level.some((level) => level > limits.maxOwnTools)) continue;
    if (end - start - coveredBy(own, silence, start, end) <= limit) for (const row of each) waited.add(row);
  }
  return waited;
}

/** Of [from, to) the time in which either has something running. */
function coveredBy(a: Sweep, b: Sweep, from: number, to: number): number {
  let both = 0;
  for (let k = 0; k + 1 < b.time.length; k++)
    if (b.level[k] > 0) both += a.busyWithin(Math.max(from, b.time[k]), Math.min(to, b.time[k + 1]));
  return a.busyWithin(from, to) + b.busyWithin(from, to) - both;
}
