/** When the work beside a stream ran: its calls, merged into bursts. Times in ns from the trace's start. */

import type { TraceView } from '#processors/trace/view.ts';
import type { Background } from '../detectors/streams/background.ts';

export interface Burst {
  readonly start: number;
  end: number;
  readonly rows: number[];
}

/** The calls that run at some moment of [from, to), those that follow within `pause` of each other merged; in order. */
export function burstsOf(
  view: TraceView,
  background: Background,
  from: number,
  to: number,
  pause: number,
): Burst[] {
  const bursts: Burst[] = [];
  for (const row of background.rows) {
    const start = view.start[row];
    const end = view.end[row];
    if (start >= to || end <= from) continue;
    const last = bursts.at(-1);
    if (last === undefined || start > last.end + pause) bursts.push({ start, end, rows: [row] });
    else {
      last.end = Math.max(last.end, end);
      last.rows.push(row);
    }
  }
  return bursts;
}

/** What most of the calls are calls of. */
export function mostCalled(view: TraceView, rows: readonly number[]): string {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const name = view.strings[view.callee[row]];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0][0];
}
