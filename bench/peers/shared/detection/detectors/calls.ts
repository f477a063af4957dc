import { ROLE } from '#processors/trace/roles.ts';
import type { TraceView } from '#processors/trace/view.ts';
import { ATTR } from '#schemas/semconv.ts';
import { normalise } from '../trace/normalise.ts';
import { KIND } from '../trace/parents.ts';

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

/** By the span's status; where that is unset by its error type or its HTTP status (408, 429, 5xx). */
function hasFailed(view: TraceView, row: number): boolean {
  if (view.status[row] !== 0) return view.status[row] === 2;
  const code = view.attribute(row, ATTR.HTTP_STATUS_CODE);
  if (typeof code === 'number' && (code >= 500 || code === 408 || code === 429)) return true;
  return view.attribute(row, ATTR.ERROR_TYPE) !== undefined;
}

/** The rows that `wanted` takes, by callee (index into the view's strings); each callee's in the order of the rows. */
export function rowsByCallee(
  view: TraceView,
  wanted: (view: TraceView, row: number) => boolean,
): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (let row = 0; row < view.n; row++) {
    if (!wanted(view, row)) continue;
    const rows = found.get(view.callee[row]);
    if (rows) rows.push(row);
    else found.set(view.callee[row], [row]);
  }
  return found;
}

/** Of a span, in nanoseconds. */
export function duration(view: TraceView, row: number): number {
  return view.end[row] - view.start[row];
}

export interface AgentOperation {
  /** Both normalised. */
  readonly agent: string;
  readonly operation: string;
}

/** Each row's agent operation, by number. */
export interface AgentOperations {
  readonly of: Int32Array;
  readonly list: readonly AgentOperation[];
}

function nameOperations(view: TraceView): AgentOperations {
  const agents = view.strings.map(() => -1);
  const normal = new Map<string, number>();
  const names: string[] = [];
  const numbers = new Map<number, number>();
  const list: AgentOperation[] = [];
  const of = new Int32Array(view.n);
  for (let row = 0; row < view.n; row++) {
    const index = view.agent[row];
    if (agents[index] < 0) {
      const name = normalise(view.strings[index]);
      let number = normal.get(name);
      if (number === undefined) {
        number = names.push(name) - 1;
        normal.set(name, number);
      }
      agents[index] = number;
    }
    const key = agents[index] * view.strings.length + view.operation[row];
    let number = numbers.get(key);
    if (number === undefined) {
      number = list.push({ agent: names[agents[index]], operation: view.strings[view.operation[row]] }) - 1;
      numbers.set(key, number);
    }
    of[row] = number;
  }
  return { of, list };
}

/** Computed once for each view, however many detectors ask. */
export function oncePerView<T>(compute: (view: TraceView) => T): (view: TraceView) => T {
  const known = new WeakMap<TraceView, { readonly value: T }>();
  return (view) => {
    let found = known.get(view);
    if (found === undefined) {
      found = { value: compute(view) };
      known.set(view, found);
    }
    return found.value;
  };
}

export const agentOperations = oncePerView(nameOperations);

/** The agent operation that a span belongs to, as incidents and signals name it. */
export function agentOperation(view: TraceView, row: number): AgentOperation {
  const { of, list } = agentOperations(view);
  return list[of[row]];
}

/** 1 where a call has failed; other rows are not judged. */
export const failedCalls = oncePerView((view) => {
  const failed = new Uint8Array(view.n);
  for (let row = 0; row < view.n; row++) if (isCall(view, row) && hasFailed(view, row)) failed[row] = 1;
  return failed;
});
