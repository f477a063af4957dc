/**
 * Which steps of a path are one chain. All steps of a path follow each other, but what merely came before a chain is not
 * its first agent.
 */
import type { TraceView } from '#processors/trace/view.ts';
import { type Step, stepOfRows } from './steps.ts';

/** How a step hangs on the one before it. */
type Link = 'nested' | 'sibling' | 'other';

/**
 * Nested: called by it, or through steps that only pass on (not among `steps`). Sibling: one caller called both, one
 * after the other.
 */
function linksOf(view: TraceView, steps: readonly Step[]): Link[] {
  const stepOf = stepOfRows(view);
  const counted = new Set(steps.map(({ row }) => row));
  /** For each row the nearest of `steps` that it is in or below; -1 without one. */
  const within = new Int32Array(view.n).fill(-1);
  for (const row of view.topDown)
    if (counted.has(stepOf[row])) within[row] = stepOf[row];
    else if (view.parent[row] >= 0) within[row] = within[view.parent[row]];
  const callerIn = (of: Int32Array, { row }: Step) => (view.parent[row] < 0 ? -1 : of[view.parent[row]]);
  return steps.slice(1).map((step, i) => {
    if (callerIn(within, step) === steps[i].row) return 'nested';
    return callerIn(stepOf, step) === callerIn(stepOf, steps[i]) ? 'sibling' : 'other';
  });
}

/**
 * The chain among `steps` (in order, without those that only pass on): the longest run of steps each of which was called
 * by the one before it, or of steps that one caller called one after the other, if that is a chain by itself; of equally
 * long ones the first. Else all of them, if they are one together; undefined where nothing is.
 */
export function chainAmong(
  view: TraceView,
  steps: readonly Step[],
  isChain: (steps: readonly Step[]) => boolean,
): readonly Step[] | undefined {
  if (steps.length < 2) return undefined;
  const links = linksOf(view, steps);
  let longest: readonly Step[] | undefined;
  for (let from = 0, to = 0; from < links.length; from = to) {
    to = from + 1;
    while (to < links.length && links[to] === links[from]) to++;
    const run = steps.slice(from, to + 1);
    if (links[from] !== 'other' && run.length > (longest?.length ?? 0) && isChain(run)) longest = run;
  }
  return longest ?? (isChain(steps) ? steps : undefined);
}
