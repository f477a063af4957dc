import { ATTR } from '#schemas/semconv.ts';
import { fillRows, uint8s } from '../trace/arrays.ts';
import { NameCount, nameOf } from '../trace/names.ts';
import { oncePerView } from '../trace/once-per-view.ts';
import { KIND } from '../trace/parents.ts';
import { ROLE } from '../trace/roles.ts';
import { keptInt32s, keptUint8s } from '../trace/scratch.ts';
import { Tuples } from '../trace/tuples.ts';
import type { TraceView } from '../trace/view.ts';

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

const keptCalls = keptUint8s();

/** 1 for each row that is a call; may be longer than the trace. Nobody writes it. */
export const callsIn = oncePerView((view): Uint8Array => {
  const calls = keptCalls(view.n);
  for (let row = 0; row < view.n; row++) calls[row] = isCall(view, row) ? 1 : 0;
  return calls;
});

/** A call with a caller that is no call itself, or an agent: a tool's own HTTP request is part of that tool's call. */
export function isOutermostCall(view: TraceView, row: number): boolean {
  const parent = view.parent[row];
  return isCall(view, row) && parent >= 0 && (view.role[parent] === ROLE.agent || !isCall(view, parent));
}

/** By the span's status; where that is unset by its error type or its HTTP status (408, 429, 5xx), if spans have them. */
function hasFailed(view: TraceView, row: number, mayHaveCode: boolean, mayHaveType: boolean): boolean {
  if (view.status[row] !== 0) return view.status[row] === 2;
  const code = mayHaveCode ? view.attribute(row, ATTR.HTTP_STATUS_CODE) : undefined;
  if (typeof code === 'number' && (code >= 500 || code === 408 || code === 429)) return true;
  return mayHaveType && view.attribute(row, ATTR.ERROR_TYPE) !== undefined;
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

export interface CalleeRows {
  readonly callee: number;
  /** In their order. */
  readonly rows: readonly number[];
}

/** The same as a list, the callees with most calls first. */
export function busiestCallees(
  view: TraceView,
  wanted: (view: TraceView, row: number) => boolean,
): CalleeRows[] {
  return [...rowsByCallee(view, wanted)]
    .map(([callee, rows]) => ({ callee, rows }))
    .sort((a, b) => b.rows.length - a.rows.length || a.callee - b.callee);
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

/** Each row's agent operation, by number: of the view that was asked for last. */
export interface AgentOperations {
  /** May be longer than the trace. */
  readonly of: Int32Array;
  readonly list: readonly AgentOperation[];
}

/** Pairs of an agent and an operation. */
const numbers = new Tuples();
const keptAgents = keptInt32s();
const keptOf = keptInt32s();
/** Normal names by number: those of one trace at a time, the others are left over. */
const keptNames: string[] = [];

function nameOperations(view: TraceView): AgentOperations {
  const { n, strings } = view;
  const agents = fillRows(keptAgents(strings.length), strings.length, -1); // numbers of their normal names
  const of = keptOf(n);
  const normal = new NameCount();
  const names = keptNames;
  const list: AgentOperation[] = [];
  numbers.clear();
  for (let row = 0; row < n; row++) {
    const index = view.agent[row];
    if (agents[index] < 0) {
      const name = nameOf(strings[index]).normal;
      agents[index] = normal.add(name);
      names[agents[index]] = name.text;
    }
    const number = numbers.add(agents[index], view.operation[row]);
    if (number === list.length)
      list.push({ agent: names[agents[index]], operation: strings[view.operation[row]] });
    of[row] = number;
  }
  return { of, list };
}

export const agentOperations = oncePerView(nameOperations);

/** The agent operation that a span belongs to, as incidents and signals name it. */
export function agentOperation(view: TraceView, row: number): AgentOperation {
  const { of, list } = agentOperations(view);
  return list[of[row]];
}

/** Which calls of a trace have failed. */
interface Failures {
  readonly any: boolean;
  readonly of: Uint8Array;
}

/** Zeros that nobody writes, for the many traces in which no call has failed. */
const zeros = keptUint8s();

const failuresOf = oncePerView((view): Failures => {
  const mayHaveCode = view.mayHave(ATTR.HTTP_STATUS_CODE);
  const mayHaveType = view.mayHave(ATTR.ERROR_TYPE);
  const calls = callsIn(view);
  let failed: Uint8Array | undefined;
  for (let row = 0; row < view.n; row++) {
    if (calls[row] === 0 || !hasFailed(view, row, mayHaveCode, mayHaveType)) continue;
    failed ??= uint8s(view.n);
    failed[row] = 1;
  }
  return failed === undefined ? { any: false, of: zeros(view.n) } : { any: true, of: failed };
});

/** 1 where a call has failed; other rows are not judged. May be longer than the trace. */
export const failedCalls = (view: TraceView): Uint8Array => failuresOf(view).of;

/** True where any call has failed: in most traces none has, and what only failures lead to need not be looked for. */
export const anyFailed = (view: TraceView): boolean => failuresOf(view).any;

/** Of a call, for a timeline: `ok`, or `failed` with its error type or HTTP status where it says one. */
export function outcomeOf(view: TraceView, row: number): string {
  if (failedCalls(view)[row] === 0) return 'ok';
  const type = view.attribute(row, ATTR.ERROR_TYPE) ?? view.attribute(row, ATTR.HTTP_STATUS_CODE);
  return type === undefined ? 'failed' : `failed: ${String(type)}`;
}

/** The failed attempt among `rows` that ended first, then the first in span order; undefined without a failure. */
export function firstFailure(view: TraceView, rows: Iterable<number>): number | undefined {
  const failed = failedCalls(view);
  let found: number | undefined;
  for (const row of rows) {
    if (failed[row] === 0) continue;
    const order = found === undefined ? -1 : view.end[row] - view.end[found] || row - found;
    if (order < 0) found = row;
  }
  return found;
}
