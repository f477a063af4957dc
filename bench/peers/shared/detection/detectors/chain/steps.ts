/**
 * The steps of a trace: each agent's invocation with everything beneath it until the next agent's, measured by its
 * exclusive time on the critical path. One agent's loop is one step.
 */

import { isAgent } from '#processors/trace/roles.ts';
import type { TraceView } from '#processors/trace/view.ts';
import { type CriticalPath, SEGMENT } from '../../trace/critical-path.ts';
import { oncePerView } from '../calls.ts';

export interface Step {
  /** First row of the agent's invocation. */
  readonly row: number;
  /** Its exclusive time on the path, ns. */
  time: number;
  /** First and last moment on the path, ns. */
  start: number;
  end: number;
}

/**
 * For each row the invocation that it belongs to, as the row of its step; -1 above all agents. An agent that calls
 * itself, or is called again by the same caller, goes on with its step.
 */
export const stepOfRows = oncePerView((view) => {
  const step = new Int32Array(view.n).fill(-1);
  const known = new Map<string, number>();
  for (const row of view.topDown) {
    const parent = view.parent[row];
    const above = parent < 0 ? -1 : step[parent];
    step[row] = above;
    if (!isAgent(view.role[row])) continue;
    if (above >= 0 && view.agent[above] === view.agent[row] && view.service[above] === view.service[row])
      continue;
    const key = `${above} ${view.agent[row]} ${view.service[row]}`;
    const again = known.get(key);
    step[row] = again ?? row;
    if (again === undefined) known.set(key, row);
  }
  return step;
});

export interface Steps {
  /** In order of their first moment on the path. */
  readonly steps: readonly Step[];
  /** The path's time without waits for people, ns. */
  readonly whole: number;
}

export function stepsOf(view: TraceView, path: CriticalPath): Steps {
  const stepOf = stepOfRows(view);
  const found = new Map<number, Step>();
  let whole = 0;
  for (let i = 0; i < path.n; i++) {
    if (path.type[i] === SEGMENT.idle) continue;
    const time = path.end[i] - path.start[i];
    whole += time;
    const row = stepOf[path.row[i]];
    if (row < 0) continue;
    const step = found.get(row);
    if (step === undefined) found.set(row, { row, time, start: path.start[i], end: path.end[i] });
    else {
      step.time += time;
      step.end = path.end[i];
    }
  }
  return { steps: [...found.values()], whole };
}

/** Without the steps that only pass on what the next one does: those below this share of the mean step. */
export function realSteps(steps: readonly Step[], minShareOfMean: number): Step[] {
  const sum = cumulatedOf(steps);
  return steps.filter((step) => step.time >= (minShareOfMean * sum) / steps.length);
}

/** Σd, ns. */
export const cumulatedOf = (steps: readonly Step[]): number =>
  steps.reduce((time, step) => time + step.time, 0);

/** max d, ns. */
export const longestOf = (steps: readonly Step[]): number =>
  steps.reduce((time, step) => Math.max(time, step.time), 0);
