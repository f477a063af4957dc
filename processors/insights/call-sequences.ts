/** The calls of a trace as sequences of attempts, and how often they failed. */

import { failedCalls, isCall, isOutermostCall, rowsByCallee } from '../detectors/calls.ts';
import { foldAttempts } from '../detectors/retries/attempts.ts';
import { int32s } from '../trace/arrays.ts';
import { ROLE } from '../trace/roles.ts';
import type { TraceView } from '../trace/view.ts';
import { numberCalls } from './places.ts';

/** One logical operation: a call with all its attempts. */
export interface CallSequence {
  /** Index into the view's strings. */
  readonly callee: number;
  /** Its worker's place, else its own among the calls of its callee in order of start, from 1. */
  readonly number: number;
  /** Rows of its attempts, in order of start. */
  readonly attempts: number[];
}

function sequencesOf(view: TraceView, callee: number, rows: readonly number[]): CallSequence[] {
  const { first } = foldAttempts(view);
  const found = new Map<number, number[]>();
  for (const row of rows) {
    const known = found.get(first[row]);
    if (known) known.push(row);
    else found.set(first[row], [row]);
  }
  const sequences = [...found.values()];
  const firsts = sequences.map(([row]) => row);
  const numbers = int32s(firsts.length);
  numberCalls(view, firsts, firsts.length, numbers);
  return sequences.map((attempts, index) => ({ callee, number: numbers[index], attempts }));
}

/** Every call of each callee of which at least one passes. */
function ofCallees(
  view: TraceView,
  wanted: (view: TraceView, row: number) => boolean,
  passes: (row: number) => boolean,
): CallSequence[] {
  return [...rowsByCallee(view, wanted)]
    .filter(([, rows]) => rows.some(passes))
    .flatMap(([callee, rows]) => sequencesOf(view, callee, rows));
}

/** Every call of the callees of which at least one call was tried again. */
export function retriedCallees(view: TraceView): CallSequence[] {
  const { previous } = foldAttempts(view);
  return ofCallees(view, isCall, (row) => previous[row] >= 0);
}

/** An agent fails because what it called did: what failed first is below it. */
const isToolCall = (view: TraceView, row: number) =>
  view.role[row] !== ROLE.agent && isOutermostCall(view, row);

/** Every call, but of agents, of the callees of which at least one call failed. */
export function failedCallees(view: TraceView): CallSequence[] {
  const failed = failedCalls(view);
  return ofCallees(view, isToolCall, (row) => failed[row] === 1);
}
