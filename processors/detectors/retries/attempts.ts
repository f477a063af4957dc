/**
 * Folds retries into logical operations. An attempt belongs to the operation of an earlier one when the trace says so
 * (`http.request.resend_count`, a span link, `ati.attempt`) or when it must be so: same parent, callee and arguments,
 * the earlier one failed, and they do not overlap. Success with the same arguments is a loop, not a retry.
 */

import { ATTR } from '#schemas/semconv.ts';
import { int32s } from '../../trace/arrays.ts';
import { CLOCK_NS } from '../../trace/clock.ts';
import { oncePerView } from '../../trace/once-per-view.ts';
import { ROLE } from '../../trace/roles.ts';
import type { TraceView } from '../../trace/view.ts';
import { anyFailed, failedCalls, isCall } from '../calls.ts';
import { type Failure, OpenAttempts } from './attempts-open.ts';

/** Both may be longer than the trace. */
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
  const byEnd = calls.filter((row) => failed[row] === 1).sort((a, b) => view.end[a] - view.end[b]);
  if (byEnd.length === 0) return;
  const open = new OpenAttempts(view.spanId);
  const seen = new Map<number, Failure>();
  let ended = 0;
  // A worker is one piece of work; under any other parent calls without arguments may be different work.
  const oneWork = parent >= 0 && view.role[parent] === ROLE.worker && isOneSequence(view, calls);
  for (const row of calls) {
    // Only what has ended may be followed: starts rise, so that once open is open for every later call.
    const now = view.start[row] + CLOCK_NS;
    for (; ended < byEnd.length && view.end[byEnd[ended]] <= now; ended++) {
      const failure = seen.get(byEnd[ended]);
      if (failure) open.add(failure);
    }
    const retry = declaredRetry(view, row);
    const args = view.attribute(row, ATTR.ATI_ARGS_HASH) ?? view.attribute(row, ATTR.GEN_AI_TOOL_ARGUMENTS);
    if (seen.size > 0) {
      const links = retry === 0 ? view.links(row) : [];
      if (retry > 0) previous[row] = open.takeRetry(retry - 1, args);
      else if (links.length > 0) previous[row] = open.takeLinked(links);
      if (retry === 0 && previous[row] < 0 && (args !== undefined || oneWork))
        previous[row] = open.takeSame(args);
    }
    if (failed[row] === 0) continue;
    const failure = { row, end: view.end[row], retry, args };
    seen.set(row, failure);
    if (failure.end <= now) open.add(failure);
  }
}

/** Of so many calls, none of which was tried again. */
function untried(n: number): Attempts {
  const first = int32s(n);
  for (let row = 0; row < n; row++) first[row] = row;
  return { previous: int32s(n).fill(-1), first };
}

/** For the many traces in which nothing has failed: nobody writes it. */
const NONE = untried(1024);

function fold(view: TraceView): Attempts {
  if (!anyFailed(view)) return view.n <= NONE.first.length ? NONE : untried(view.n);
  const { previous, first } = untried(view.n);
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
  for (let row = 0; row < view.n; row++) if (previous[row] >= 0) first[row] = first[previous[row]];
  return { previous, first };
}

export const foldAttempts = oncePerView(fold);
