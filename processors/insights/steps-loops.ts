/**
 * The reason–act–observe loops of a trace, by their shape. Times in ns from the trace's start.
 *
 * A step is what an agent thinks (chats) and then does (tool calls, one or several, at once or in turn); the next step
 * begins with a thought after all of that has ended. A closing thought that nothing follows is the answer, no step. An
 * agent without chat spans takes a step with each call that begins after the one before has ended.
 */

import { failedCalls } from '../detectors/calls.ts';
import { foldAttempts } from '../detectors/retries/attempts.ts';
import { int32s } from '../trace/arrays.ts';
import { CLOCK_NS } from '../trace/clock.ts';
import { KIND } from '../trace/parents.ts';
import { isAgent, ROLE } from '../trace/roles.ts';
import { Tuples } from '../trace/tuples.ts';
import type { TraceView } from '../trace/view.ts';

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

/** Something an agent does or asks a model: below it nothing is the agent's own any more. */
function isAct(view: TraceView, row: number): boolean {
  const role = view.role[row];
  if (role === ROLE.tool || role === ROLE.chat) return true;
  return role === ROLE.other && (view.kind[row] === KIND.client || view.kind[row] === KIND.producer);
}

/** Clocks are not exact, and what takes less than they tell must not look sequential. */
const tolerance = (a: number, b: number) => Math.min(CLOCK_NS, a / 2, b / 2);

/** Spans of one agent right below one span. */
interface Turns {
  readonly first: number;
  end: number;
  longest: number;
  /** Some run at once: workers of a fan-out, not an agent's turns. */
  parallel: boolean;
}

function turnsOf(view: TraceView): (row: number) => Turns {
  const callers = new Tuples();
  const groups: Turns[] = [];
  const numberOf = (row: number) => callers.add(view.parent[row], view.agent[row], view.service[row]);
  for (let row = 0; row < view.n; row++) {
    if (!isAgent(view.role[row])) continue;
    const start = view.start[row];
    const length = view.end[row] - start;
    const number = numberOf(row);
    if (number === groups.length) {
      groups.push({ first: row, end: view.end[row], longest: length, parallel: false });
      continue;
    }
    const turns = groups[number];
    if (start < turns.end - tolerance(length, turns.longest)) turns.parallel = true;
    turns.end = Math.max(turns.end, view.end[row]);
    turns.longest = Math.max(turns.longest, length);
  }
  return (row) => groups[numberOf(row)];
}

interface Owners {
  /** For each row the first row of the invocation that it belongs to; -1: of none, or within a call. */
  readonly of: Int32Array;
  /** The same for its surroundings: whose act the row itself is. */
  readonly above: Int32Array;
}

/** An agent called again by the same caller, one turn after the other, goes on with its invocation. */
function ownersOf(view: TraceView): Owners {
  const of = int32s(view.n).fill(-1);
  const above = int32s(view.n).fill(-1);
  const turns = turnsOf(view);
  for (const row of view.topDown) {
    const parent = view.parent[row];
    const role = view.role[row];
    const around = parent < 0 ? -1 : of[parent];
    above[row] = around;
    if (isAgent(role)) {
      const group = turns(row);
      const same =
        around >= 0 &&
        isAgent(view.role[around]) &&
        view.agent[around] === view.agent[row] &&
        view.service[around] === view.service[row];
      if (group.parallel) of[row] = row;
      else of[row] = same ? around : group.first;
    } else if (role === ROLE.workflow && around < 0) of[row] = row;
    else if (!isAct(view, row) && role !== ROLE.stream && role !== ROLE.human) of[row] = around;
  }
  return { of, above };
}

/** A thought, a call with all its attempts, or the work of another agent, within one invocation. */
interface Item {
  readonly row: number;
  readonly type: 'thought' | 'call' | 'agent';
  readonly start: number;
  end: number;
}

/** How many rows of each owner are acts, attempts of one call not taken together. */
function actsByOwner(view: TraceView, { of, above }: Owners): Int32Array {
  const acts = int32s(view.n);
  for (let row = 0; row < view.n; row++) {
    const owner = above[row];
    if (owner < 0) continue;
    const type = typeOf(view, row, of[row] === owner);
    if (type === 'call' || type === 'agent') acts[owner]++;
  }
  return acts;
}

/** In order of start; of the owners that have at least `least` acts. */
function itemsByOwner(view: TraceView, least: number): Map<number, Item[]> {
  const owners = ownersOf(view);
  const { of, above } = owners;
  const acts = actsByOwner(view, owners);
  const found = new Map<number, Item[]>();
  const calls = new Map<number, Item>();
  const { first } = foldAttempts(view);
  for (let row = 0; row < view.n; row++) {
    const owner = above[row];
    if (owner < 0 || acts[owner] < least) continue;
    const type = typeOf(view, row, of[row] === owner);
    if (type === undefined) continue;
    const again = type === 'call' ? calls.get(first[row]) : undefined;
    if (again !== undefined) {
      again.end = Math.max(again.end, view.end[row]);
      continue;
    }
    const item: Item = { row, type, start: view.start[row], end: view.end[row] };
    if (type === 'call') calls.set(row, item);
    const items = found.get(owner);
    if (items) items.push(item);
    else found.set(owner, [item]);
  }
  return found;
}

/** `own`: the row belongs to the invocation that it lies in. */
function typeOf(view: TraceView, row: number, own: boolean): Item['type'] | undefined {
  const role = view.role[row];
  if (role === ROLE.chat) return 'thought';
  if (isAct(view, row)) return 'call';
  if (!isAgent(role)) return undefined;
  if (!own) return 'agent';
  return role === ROLE.planner && view.children(row).length === 0 ? 'thought' : undefined;
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
    const begins = (item.type === 'thought') === thinks;
    const slack = tolerance(item.end - item.start, last === undefined ? 0 : last.actsEnd - last.start);
    const observed = last !== undefined && last.acts.length > 0 && item.start >= last.actsEnd - slack;
    if (last !== undefined && last.acts.length > 0 && !observed && item.type !== 'thought') parallel = true;
    let step = last;
    if (step === undefined || (begins && observed)) {
      if (last !== undefined && item.start > last.actsEnd + CLOCK_NS) pauses = true;
      step = { start: item.start, acts: [], actsEnd: item.start };
      open.push(step);
    }
    if (item.type === 'thought') continue;
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
  // Each step has an act of its own: most agents make one call, and have no loop.
  for (const [row, items] of itemsByOwner(view, least)) {
    const thinks = items.some((item) => item.type === 'thought');
    // A service that calls others in turn is no agent; and who only hands on to other agents is a chain.
    if (!thinks && !isAgent(view.role[row])) continue;
    const counted = thinks ? items : items.filter((item) => item.type === 'call');
    const steps = stepsOf(view, row, counted, thinks);
    if (steps.length >= least) loops.push({ row, steps });
  }
  return loops.sort((a, b) => a.row - b.row);
}
