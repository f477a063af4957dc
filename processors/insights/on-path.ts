import { float64s } from '../trace/arrays.ts';
import { type CriticalPath, SEGMENT } from '../trace/critical-path.ts';
import type { TraceView } from '../trace/view.ts';

/** How much of the critical path lies in each row's span or below it; 0: nobody waited for it. */
export interface OnPath {
  /** ns, waits for people included. */
  readonly time: Float64Array;
  /** ns of waits for people. */
  readonly idle: Float64Array;
}

/** Adds up the segments of the path, from the leaves to the root; by row. */
export function onPath(view: TraceView, path: CriticalPath): OnPath {
  const time = float64s(view.n);
  const idle = float64s(view.n);
  for (let i = 0; i < path.n; i++) {
    const length = path.end[i] - path.start[i];
    time[path.row[i]] += length;
    if (path.type[i] === SEGMENT.idle) idle[path.row[i]] += length;
  }
  for (let i = view.n - 1; i >= 0; i--) {
    const row = view.topDown[i];
    const parent = view.parent[row];
    if (parent < 0) continue;
    time[parent] += time[row];
    idle[parent] += idle[row];
  }
  return { time, idle };
}
