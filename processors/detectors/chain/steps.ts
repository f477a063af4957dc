/**
 * The steps of a trace: each agent's invocation with everything beneath it until the next agent's, measured by its
 * exclusive time on the critical path. One agent's loop is one step.
 */
import { fillRows } from '../../trace/arrays.ts';
import { type CriticalPath, SEGMENT } from '../../trace/critical-path.ts';
import { oncePerView } from '../../trace/once-per-view.ts';
import { isAgent } from '../../trace/roles.ts';
import { keptInt32s } from '../../trace/scratch.ts';
import { Tuples } from '../../trace/tuples.ts';
import type { TraceView } from '../../trace/view.ts';

export interface Step {
  /** First row of the agent's invocation. */
  readonly row: number;
  /** Its exclusive time on the path, ns. */
  time: number;
  /** First and last moment on the path, ns. */
  start: number;
  end: number;
}

const callers = new Tuples();
const keptStep = keptInt32s();
const keptFirst = keptInt32s();

/** Of the view that was looked at last: how many steps it has, on the path or beside it. */
let steps = 0;

/**
 * For each row the invocation that it belongs to, as the row of its step; -1 above all agents. An agent that calls
 * itself, or is called again by the same caller, goes on with its step. Good until another view's are asked for.
 */
export const stepOfRows = oncePerView((view) => {
  const { n, topDown, parent, role, agent, service } = view;
  const step = keptStep(n);
  /** The first row of each tuple. */
  const first = keptFirst(n);
  callers.clear();
  let before = -1; // the last row that was looked up, and the step above it
  let beneath = -1;
  for (let i = 0; i < n; i++) {
    const row = topDown[i];
    const above = parent[row] < 0 ? -1 : step[parent[row]];
    step[row] = above;
    if (!isAgent(role[row])) continue;
    if (above >= 0 && agent[above] === agent[row] && service[above] === service[row]) continue;
    // Workers of one caller mostly follow each other.
    if (
      before >= 0 &&
      agent[before] === agent[row] &&
      service[before] === service[row] &&
      beneath === above
    ) {
      step[row] = step[before];
      continue;
    }
    before = row;
    beneath = above;
    const known = callers.count;
    const number = callers.add(above, agent[row], service[row]);
    if (number === known) first[number] = row;
    step[row] = first[number];
  }
  steps = callers.count;
  return step;
});

/** How many steps the view has at most, wherever its path leads. */
export function stepCount(view: TraceView): number {
  stepOfRows(view);
  return steps;
}

/** No trace has more steps than agents' spans. */
export function mostSteps({ n, role }: TraceView): number {
  let most = 0;
  for (let row = 0; row < n; row++) if (isAgent(role[row])) most++;
  return most;
}

export interface Steps {
  /** In order of their first moment on the path. */
  readonly steps: readonly Step[];
  /** The path's time without waits for people, ns. */
  readonly whole: number;
}

const keptPlace = keptInt32s();

export function stepsOf(view: TraceView, path: CriticalPath): Steps {
  const stepOf = stepOfRows(view);
  const steps: Step[] = [];
  const place = fillRows(keptPlace(view.n), view.n, 0); // in `steps`, from 1
  let whole = 0;
  for (let i = 0; i < path.n; i++) {
    if (path.type[i] === SEGMENT.idle) continue;
    const start = path.start[i];
    const end = path.end[i];
    whole += end - start;
    const row = stepOf[path.row[i]];
    if (row < 0) continue;
    if (place[row] === 0) {
      place[row] = steps.push({ row, time: end - start, start, end });
      continue;
    }
    const step = steps[place[row] - 1];
    step.time += end - start;
    step.end = end;
  }
  return { steps, whole };
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
