import type { TraceView } from '#processors/trace/view.ts';
import { type CriticalPath, SEGMENT } from '../trace/critical-path.ts';

/** How much of the critical path lies in each row's span or below it; 0: nobody waited for it. */
export interface OnPath {
  /** ns, waits for people included. */
  readonly time: Float64Array;
  /** ns of waits for people. */
  readonly idle: Float64Array;
}

/** Adds up the segments of the path, from the leaves to the root; by row. */
export function onPath(view: TraceView, path: CriticalPath): OnPath {
  const time = new Float64Array(view.n);
  const idle = new Float64Array(view.n);
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
