/** Whose act each row of a trace is: the agents' invocations, and what they do or think in them. */

import { CLOCK_NS } from '../trace/clock.ts';
import { KIND } from '../trace/parents.ts';
import { isAgent, ROLE } from '../trace/roles.ts';
import { Tuples } from '../trace/tuples.ts';
import type { TraceView } from '../trace/view.ts';
import { Floats, Ints } from './columns.ts';

/** What a row is to the invocation that it lies in: a thought, a call, or the work of another agent. */
export const ITEM = { none: 0, thought: 1, call: 2, agent: 3 } as const;

/** Something an agent does or asks a model: below it nothing is the agent's own any more. */
function isAct(view: TraceView, row: number): boolean {
  const role = view.role[row];
  if (role === ROLE.tool || role === ROLE.chat) return true;
  return role === ROLE.other && (view.kind[row] === KIND.client || view.kind[row] === KIND.producer);
}

/** Clocks are not exact, and what takes less than they tell must not look sequential. */
export const tolerance = (a: number, b: number) => Math.min(CLOCK_NS, a / 2, b / 2);

/** Of each row that is an agent's the number of its turns: spans of one agent right below one span. */
const turnsOf = new Ints();
/** By that number: their first row, the end of the last and the length of the longest. */
const [firsts, ends, lengths] = [new Ints(), new Floats(), new Floats()];
/** 1: some run at once: workers of a fan-out, not an agent's turns. */
const parallel = new Ints();

const callers = new Tuples();

const isSameCaller = ({ parent, agent, service }: TraceView, a: number, b: number) =>
  parent[a] === parent[b] && agent[a] === agent[b] && service[a] === service[b];

function findTurns(view: TraceView): void {
  callers.clear();
  const turns = turnsOf.room(view.n);
  const [first, end, longest, beside] = [
    firsts.room(view.n),
    ends.room(view.n),
    lengths.room(view.n),
    parallel.room(view.n),
  ];
  let before = -1; // the last agent's row: workers of one caller mostly follow each other
  for (let row = 0; row < view.n; row++) {
    if (!isAgent(view.role[row])) continue;
    const start = view.start[row];
    const length = view.end[row] - start;
    const known = callers.count;
    const number =
      before >= 0 && isSameCaller(view, before, row)
        ? turns[before]
        : callers.add(view.parent[row], view.agent[row], view.service[row]);
    before = row;
    turns[row] = number;
    if (number === known) {
      first[number] = row;
      end[number] = view.end[row];
      longest[number] = length;
      beside[number] = 0;
      continue;
    }
    if (start < end[number] - tolerance(length, longest[number])) beside[number] = 1;
    end[number] = Math.max(end[number], view.end[row]);
    longest[number] = Math.max(longest[number], length);
  }
}

/** For each row the first row of the invocation that it belongs to; -1: of none, or within a call. */
const invocations = new Ints();
const [surroundings, items] = [new Ints(), new Ints()];

/** An agent called again by the same caller, one turn after the other, goes on with its invocation. */
function ownAgent(view: TraceView, row: number, around: number): number {
  const turns = turnsOf.at[row];
  if (parallel.at[turns] === 1) return row;
  const same =
    around >= 0 &&
    isAgent(view.role[around]) &&
    view.agent[around] === view.agent[row] &&
    view.service[around] === view.service[row];
  return same ? around : firsts.at[turns];
}

/** `own`: the row belongs to the invocation that it lies in. */
function itemOf(view: TraceView, row: number, own: boolean): number {
  const role = view.role[row];
  if (role === ROLE.chat) return ITEM.thought;
  if (isAct(view, row)) return ITEM.call;
  if (!isAgent(role)) return ITEM.none;
  if (!own) return ITEM.agent;
  return role === ROLE.planner && view.childFrom[row] === view.childFrom[row + 1] ? ITEM.thought : ITEM.none;
}

/** By row: the first row of the invocation that it lies in (-1: none, or within a call), and what it is there (ITEM). */
export interface Owners {
  owner: Int32Array;
  item: Int32Array;
}

const owners: Owners = { owner: surroundings.at, item: items.at };

/** Good until the next call. */
export function ownersOf(view: TraceView): Owners {
  findTurns(view);
  const of = invocations.room(view.n);
  const owner = surroundings.room(view.n);
  const item = items.room(view.n);
  for (let i = 0; i < view.n; i++) {
    const row = view.topDown[i];
    const parent = view.parent[row];
    const role = view.role[row];
    const around = parent < 0 ? -1 : of[parent];
    owner[row] = around;
    if (isAgent(role)) of[row] = ownAgent(view, row, around);
    else if (role === ROLE.workflow && around < 0) of[row] = row;
    else if (isAct(view, row) || role === ROLE.stream || role === ROLE.human) of[row] = -1;
    else of[row] = around;
    item[row] = around < 0 ? ITEM.none : itemOf(view, row, of[row] === around);
  }
  owners.owner = owner;
  owners.item = item;
  return owners;
}
