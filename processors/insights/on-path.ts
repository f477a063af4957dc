import { float64s } from '../trace/arrays.ts';
import { type CriticalPath, SEGMENT } from '../trace/critical-path.ts';
import type { TraceView } from '../trace/view.ts';

/** How much of the critical path lies in each row's span or below it; 0: nobody waited for it. */
export interface OnPath {
  /** ns, waits for people included. */
  readonly time: Float64Array;
  /** ns of waits for people. */
  readonly idle: Float64Array;
  /** How many rows the path itself runs through. */
  readonly spans: number;
}

function addUp(view: TraceView, path: CriticalPath): OnPath {
  const time = float64s(view.n);
  const idle = float64s(view.n);
  let spans = 0;
  for (let i = 0; i < path.n; i++) {
    const row = path.row[i];
    const length = path.end[i] - path.start[i];
    if (time[row] === 0) spans++; // pieces take time
    time[row] += length;
    if (path.type[i] === SEGMENT.idle) idle[row] += length;
  }
  for (let i = view.n - 1; i >= 0; i--) {
    const row = view.topDown[i];
    const parent = view.parent[row];
    if (parent < 0 || time[row] === 0) continue;
    time[parent] += time[row];
    idle[parent] += idle[row];
  }
  return { time, idle, spans };
}

let last: { readonly path: CriticalPath; readonly value: OnPath } | undefined;

/** The segments of the view's path added up from the leaves to the root, by row; once for each path. */
export function onPath(view: TraceView, path: CriticalPath): OnPath {
  if (last?.path !== path) last = { path, value: addUp(view, path) };
  return last.value;
}
