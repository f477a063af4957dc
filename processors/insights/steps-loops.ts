/**
 * The reason–act–observe loops of a trace, by their shape. Times in ns from the trace's start.
 *
 * A step is what an agent thinks (chats) and then does (tool calls, one or several, at once or in turn); the next step
 * begins with a thought after all of that has ended. A closing thought that nothing follows is the answer, no step. An
 * agent without chat spans takes a step with each call that begins after the one before has ended.
 */

import { failedCalls } from '../detectors/calls.ts';
import { foldAttempts } from '../detectors/retries/attempts.ts';
import { CLOCK_NS } from '../trace/clock.ts';
import { isAgent } from '../trace/roles.ts';
import type { TraceView } from '../trace/view.ts';
import { Ints } from './columns.ts';
import { ITEM, type Owners, ownersOf, tolerance } from './steps-owners.ts';

export interface LoopStep {
  readonly start: number;
  readonly end: number;
  /** Rows of what it did: the first attempt of each call. */
  readonly acts: readonly number[];
  readonly failed: boolean;
}

export interface Loop {
  /** First row of the agent's invocation. */
  readonly row: number;
  readonly steps: readonly LoopStep[];
}

/** A thought, a call with all its attempts, or the work of another agent, within one invocation. */
interface Item {
  readonly row: number;
  /** Of ITEM. */
  readonly type: number;
  readonly start: number;
  end: number;
}

/**
 * By owner, attempts of one call not taken together: how many thoughts and calls it has, how many runs of acts without a
 * thought between them, and 1 where the item before was an act.
 */
const [thoughts, calls, runs, acting] = [new Ints(), new Ints(), new Ints(), new Ints()];

/** Of most agents the counts tell that they have no loop: each step has an act of its own, after a thought if it thinks. */
function mayLoop(view: TraceView, owner: number, least: number): boolean {
  if (thoughts.at[owner] > 0) return runs.at[owner] >= least;
  // A service that calls others in turn is no agent; and who only hands on to other agents is a chain.
  return calls.at[owner] >= least && isAgent(view.role[owner]);
}

/** Counts; true where any owner may have a loop. */
function countItems(view: TraceView, { owner, item }: Owners, least: number): boolean {
  const thought = thoughts.room(view.n);
  const call = calls.room(view.n);
  const run = runs.room(view.n);
  const acts = acting.room(view.n);
  for (let row = 0; row < view.n; row++) {
    thought[row] = 0;
    call[row] = 0;
    run[row] = 0;
    acts[row] = 0;
  }
  let any = false;
  for (let row = 0; row < view.n; row++) {
    const type = item[row];
    if (type === ITEM.none) continue;
    const of = owner[row];
    if (type === ITEM.thought) {
      thought[of]++;
      acts[of] = 0;
      continue;
    }
    if (type === ITEM.call) call[of]++;
    if (acts[of] === 0) run[of]++;
    acts[of] = 1;
    if (run[of] >= least || call[of] >= least) any = true;
  }
  return any;
}

/** In order of start; of the owners that may have a loop of at least `least` steps. */
function itemsByOwner(view: TraceView, least: number): Map<number, Item[]> {
  const found = new Map<number, Item[]>();
  const owners = ownersOf(view);
  if (!countItems(view, owners, least)) return found;
  const again = new Map<number, Item>();
  const { first } = foldAttempts(view);
  for (let row = 0; row < view.n; row++) {
    const type = owners.item[row];
    const owner = owners.owner[row];
    if (type === ITEM.none || !mayLoop(view, owner, least)) continue;
    const before = type === ITEM.call ? again.get(first[row]) : undefined;
    if (before !== undefined) {
      before.end = Math.max(before.end, view.end[row]);
      continue;
    }
    const item: Item = { row, type, start: view.start[row], end: view.end[row] };
    if (type === ITEM.call) again.set(row, item);
    const items = found.get(owner);
    if (items) items.push(item);
    else found.set(owner, [item]);
  }
  return found;
}

interface OpenStep {
  readonly start: number;
  acts: Item[];
  actsEnd: number;
}

/**
 * `thinks`: a step begins with a thought and lasts until the next one. Else the thinking is not seen: a step begins
 * where the one before has ended (the first with the invocation `row`) and lasts until its calls have ended.
 */
function stepsOf(view: TraceView, row: number, items: readonly Item[], thinks: boolean): LoopStep[] {
  const open: OpenStep[] = [];
  let parallel = false;
  let pauses = false;
  for (const item of items) {
    const last = open.at(-1);
    const begins = (item.type === ITEM.thought) === thinks;
    const slack = tolerance(item.end - item.start, last === undefined ? 0 : last.actsEnd - last.start);
    const observed = last !== undefined && last.acts.length > 0 && item.start >= last.actsEnd - slack;
    if (last !== undefined && last.acts.length > 0 && !observed && item.type !== ITEM.thought)
      parallel = true;
    let step = last;
    if (step === undefined || (begins && observed)) {
      if (last !== undefined && item.start > last.actsEnd + CLOCK_NS) pauses = true;
      step = { start: item.start, acts: [], actsEnd: item.start };
      open.push(step);
    }
    if (item.type === ITEM.thought) continue;
    step.acts.push(item);
    step.actsEnd = Math.max(step.actsEnd, item.end);
  }
  // Many calls in rounds without a moment between them are a batch that waits for slots, not an agent that reads results.
  if (!thinks && parallel && !pauses) return [];
  const failed = failedCalls(view);
  return open
    .map((step, i) => ({
      start: thinks ? step.start : Math.min(step.start, open[i - 1]?.actsEnd ?? view.start[row]),
      end: (thinks ? open[i + 1]?.start : undefined) ?? step.actsEnd,
      acts: step.acts.map((item) => item.row),
      failed: step.acts.some((item) => failed[item.row] === 1),
    }))
    .filter((step) => step.acts.length > 0);
}

/** Every invocation with at least `least` steps, in the order of their rows. */
export function loopsOf(view: TraceView, least: number): Loop[] {
  const loops: Loop[] = [];
  for (const [row, items] of itemsByOwner(view, least)) {
    const thinks = items.some((item) => item.type === ITEM.thought);
    const counted = thinks ? items : items.filter((item) => item.type === ITEM.call);
    const steps = stepsOf(view, row, counted, thinks);
    if (steps.length >= least) loops.push({ row, steps });
  }
  return loops.sort((a, b) => a.row - b.row);
}
