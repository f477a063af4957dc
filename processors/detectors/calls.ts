import { ATTR } from '#schemas/semconv.ts';
import { normalise } from '../trace/normalise.ts';
import { KIND } from '../trace/parents.ts';
import { ROLE } from '../trace/roles.ts';
import type { TraceView } from '../trace/view.ts';

/** SDKs round the start of a span down to the millisecond: an order within it means nothing. */
export const CLOCK_NS = 1e6;

/** True where a span is a request for work that its caller makes and may make again. */
export function isCall(view: TraceView, row: number): boolean {
  const role = view.role[row];
  return (
    role === ROLE.tool ||
    role === ROLE.chat ||
    role === ROLE.agent ||
    view.kind[row] === KIND.client ||
    view.kind[row] === KIND.producer
  );
}

/** A call with a caller that is no call itself, or an agent: a tool's own HTTP request is part of that tool's call. */
export function isOutermostCall(view: TraceView, row: number): boolean {
  const parent = view.parent[row];
  return isCall(view, row) && parent >= 0 && (view.role[parent] === ROLE.agent || !isCall(view, parent));
}

/** True where a call failed, by its status, its error type or its HTTP status (408, 429, 5xx). */
export function hasFailed(view: TraceView, row: number): boolean {
  if (view.status[row] === 2) return true;
  const code = view.attribute(row, ATTR.HTTP_STATUS_CODE);
  if (typeof code === 'number' && (code >= 500 || code === 408 || code === 429)) return true;
  return view.attribute(row, ATTR.ERROR_TYPE) !== undefined;
}

export function duration(view: TraceView, row: number): number {
  return view.end[row] - view.start[row];
}

export interface AgentOperation {
  /** Both normalised. */
  readonly agent: string;
  readonly operation: string;
}

/** Normalised strings of a view, by index; made as they are asked for. */
const normalised = new WeakMap<readonly string[], string[]>();

function normalisedAt(strings: readonly string[], index: number): string {
  let known = normalised.get(strings);
  if (known === undefined) {
    known = [];
    normalised.set(strings, known);
  }
  known[index] ??= normalise(strings[index]);
  return known[index];
}

/** The agent operation that a span belongs to, as incidents and signals name it. */
export function agentOperation(view: TraceView, row: number): AgentOperation {
  return {
    agent: normalisedAt(view.strings, view.agent[row]),
    operation: view.strings[view.operation[row]],
  };
}
