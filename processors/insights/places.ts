/** One number for one work item: its call, and the worker that makes it, are the same `#n` in every answer. */

import { anyFailed } from '../detectors/calls.ts';
import { foldAttempts } from '../detectors/retries/attempts.ts';
import { oncePerView } from '../trace/once-per-view.ts';
import { ROLE } from '../trace/roles.ts';
import type { TraceView } from '../trace/view.ts';
import { Ints } from './columns.ts';

const [placed, workers] = [new Ints(), new Ints()];

/**
 * By row, good until another view is asked for: the place of a worker among the workers of its parent in order of start,
 * from 1, however many forks they make; a worker that was tried again keeps its own. 0: no worker, or one without a parent.
 */
export const workerPlaces = oncePerView((view) => {
  const places = placed.filled(view.n, 0);
  const known = workers.filled(view.n, 0);
  const first = anyFailed(view) ? foldAttempts(view).first : undefined; // else nothing was tried again
  for (let row = 0; row < view.n; row++) {
    const parent = view.parent[row];
    if (view.role[row] !== ROLE.worker || parent < 0) continue;
    places[row] = (first !== undefined && places[first[row]]) || ++known[parent];
  }
  return places;
});

/** Where each of the first `n` calls has a worker of its own, and one parent all the workers. */
function haveWorkers(view: TraceView, calls: ArrayLike<number>, n: number): boolean {
  const places = workerPlaces(view);
  let owner = -1;
  let before = 0;
  let rising = true;
  for (let i = 0; i < n; i++) {
    const worker = view.parent[calls[i]];
    if (worker < 0 || places[worker] === 0) return false;
    if (i > 0 && view.parent[worker] !== owner) return false;
    owner = view.parent[worker];
    if (places[worker] <= before) rising = false;
    before = places[worker];
  }
  if (rising) return true;
  const different = new Set<number>();
  for (let i = 0; i < n; i++) different.add(places[view.parent[calls[i]]]);
  return different.size === n;
}

/**
 * The numbers of the first `n` calls, given by the rows of their first attempts in order of start. Where each has a
 * worker of its own and one parent holds the workers they are the workers' places, else the calls' own. No two are equal.
 */
export function numberCalls(view: TraceView, calls: ArrayLike<number>, n: number, into: Int32Array): void {
  const own = haveWorkers(view, calls, n);
  for (let i = 0; i < n; i++) into[i] = own ? workerPlaces(view)[view.parent[calls[i]]] : i + 1;
}
