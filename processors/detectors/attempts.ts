/**
 * Folds retries into logical operations. An attempt belongs to the operation of an earlier one when the trace says so
 * (`http.request.resend_count`, a span link, `ati.attempt`) or when it must be so: same parent, callee and arguments,
 * the earlier one failed, and they do not overlap. Success with the same arguments is a loop, not a retry.
 */
import { ATTR } from '#schemas/semconv.ts';
import { ROLE } from '../trace/roles.ts';
import type { TraceView } from '../trace/view.ts';
import { CLOCK_NS, failedCalls, isCall, oncePerView } from './calls.ts';

export interface Attempts {
  /** The attempt before this one, or -1. */
  readonly previous: Int32Array;
  /** The first attempt of its logical operation: the row itself where it is the first or no call. */
  readonly first: Int32Array;
}

/** Which retry a span says it is: 1 for the first, 0 where it says nothing. */
function declaredRetry(view: TraceView, row: number): number {
  const resend = view.attribute(row, ATTR.HTTP_RESEND_COUNT);
  if (typeof resend === 'number') return Math.max(0, resend);
  const attempt = view.attribute(row, ATTR.ATI_ATTEMPT);
  return typeof attempt === 'number' ? Math.max(0, attempt - 1) : 0;
}

/** A failed attempt that nothing has followed yet. */
interface Open {
  readonly row: number;
  readonly spanId: string;
  readonly retry: number;
  readonly args: unknown;
}

/** Of the open attempts that pass, the last to end; removes it. */
function take(view: TraceView, open: Open[], row: number, passes: (candidate: Open) => boolean): number {
  let best = -1;
  for (let i = 0; i < open.length; i++) {
    const end = view.end[open[i].row];
    if (end > view.start[row] + CLOCK_NS || !passes(open[i])) continue;
    if (best < 0 || end > view.end[open[best].row]) best = i;
  }
  return best < 0 ? -1 : open.splice(best, 1)[0].row;
}

/** True where every call failed but the last and none overlap: one operation, tried until it worked or was given up. */
function isOneSequence(view: TraceView, calls: readonly number[]): boolean {
  for (let i = 0; i + 1 < calls.length; i++) {
    if (failedCalls(view)[calls[i]] === 0) return false;
    if (view.end[calls[i]] > view.start[calls[i + 1]] + CLOCK_NS) return false;
  }
  return true;
}

/** Links the attempts among calls of one callee under one parent, given in order of start. */
function foldSiblings(view: TraceView, parent: number, calls: readonly number[], previous: Int32Array): void {
  const failed = failedCalls(view);
  // Nothing but a failure can be followed by a retry: of healthy calls no attribute is read.
  if (!calls.some((row) => failed[row] === 1)) return;
  const open: Open[] = [];
  // A worker is one piece of work; under any other parent calls without arguments may be different work.
  const oneWork = parent >= 0 && view.role[parent] === ROLE.worker && isOneSequence(view, calls);
  for (const row of calls) {
    const retry = declaredRetry(view, row);
    const args = view.attribute(row, ATTR.ATI_ARGS_HASH) ?? view.attribute(row, ATTR.GEN_AI_TOOL_ARGUMENTS);
    const same = (candidate: Open) => candidate.args === args;
    const compatible = (candidate: Open) =>
      candidate.args === undefined || args === undefined || same(candidate);
    const links = new Set(retry === 0 && open.length > 0 ? view.links(row) : []);
    if (retry > 0)
      previous[row] = take(view, open, row, (each) => each.retry === retry - 1 && compatible(each));
    else if (links.size > 0) previous[row] = take(view, open, row, (each) => links.has(each.spanId));
    if (retry === 0 && previous[row] < 0 && (args !== undefined || oneWork))
      previous[row] = take(view, open, row, same);
    if (failed[row] === 1) open.push({ row, spanId: view.spanId(row), retry, args });
  }
}

function fold(view: TraceView): Attempts {
  const previous = new Int32Array(view.n).fill(-1);
  const siblings = new Map<number, number[]>();
  for (let row = 0; row < view.n; row++) {
    if (!isCall(view, row)) continue;
    const key = (view.parent[row] + 1) * view.strings.length + view.callee[row];
    const group = siblings.get(key);
    if (group) group.push(row);
    else siblings.set(key, [row]);
  }
  for (const calls of siblings.values())
    if (calls.length > 1) foldSiblings(view, view.parent[calls[0]], calls, previous);
  const first = new Int32Array(view.n);
  for (let row = 0; row < view.n; row++) first[row] = previous[row] < 0 ? row : first[previous[row]];
  return { previous, first };
}

export const foldAttempts = oncePerView(fold);
