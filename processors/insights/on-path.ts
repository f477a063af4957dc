import { type CriticalPath, SEGMENT } from '../trace/critical-path.ts';
import type { TraceView } from '../trace/view.ts';
import { Floats } from './columns.ts';

/** How much of the critical path lies in each row's span or below it; 0: nobody waited for it. */
export interface OnPath {
  /** ns, waits for people included. */
  time: Float64Array;
  /** ns of waits for people. */
  idle: Float64Array;
  /** How many rows the path itself runs through. */
  spans: number;
}

const [times, idles] = [new Floats(), new Floats()];

const kept: OnPath = { time: times.at, idle: idles.at, spans: 0 };

function addUp(view: TraceView, path: CriticalPath): void {
  const time = times.filled(view.n, 0);
  const idle = idles.filled(view.n, 0);
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
  kept.time = time;
  kept.idle = idle;
  kept.spans = spans;
}

let last: CriticalPath | undefined;

/**
 * The segments of the view's path added up from the leaves to the root, by row; once for each path. Good until another
 * path is asked for.
 */
export function onPath(view: TraceView, path: CriticalPath): Readonly<OnPath> {
  if (last !== path) {
    addUp(view, path);
    last = path;
  }
  return kept;
}
