/** One number for one work item: its call, and the worker that makes it, are the same `#n` in every answer. */

import { ROLE } from '#processors/trace/roles.ts';
import type { TraceView } from '#processors/trace/view.ts';
import { oncePerView } from '../detectors/calls.ts';
import { foldAttempts } from '../detectors/retries/attempts.ts';

/**
 * By row: the place of a worker among the workers of its parent in order of start, from 1, however many forks they make;
 * a worker that was tried again keeps its own. 0: no worker, or one without a parent.
 */
export const workerPlaces = oncePerView((view) => {
  const { first } = foldAttempts(view);
  const places = new Int32Array(view.n);
  const known = new Int32Array(view.n);
  for (let row = 0; row < view.n; row++) {
    const parent = view.parent[row];
    if (view.role[row] !== ROLE.worker || parent < 0) continue;
    places[row] = places[first[row]] || ++known[parent];
  }
  return places;
});

/**
 * The numbers of calls, given by the rows of their first attempts in order of start. Where each has a worker of its own
 * and one parent holds the workers they are the workers' places, else the calls' own. No two are equal.
 */
export function numbersOf(view: TraceView, calls: readonly number[]): number[] {
  const workers = calls.map((row) => view.parent[row]);
  const places = workers.map((worker) => (worker < 0 ? 0 : workerPlaces(view)[worker]));
  const owners = new Set(workers.map((worker) => (worker < 0 ? -1 : view.parent[worker])));
  const own = owners.size === 1 && !places.includes(0) && new Set(places).size === calls.length;
  return own ? places : calls.map((_, index) => index + 1);
}
