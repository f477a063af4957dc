/** The work that ran beside a token stream: its own tools, and what is none of them. */
import { uint8s } from '../../trace/arrays.ts';
import { oncePerView } from '../../trace/once-per-view.ts';
import { ROLE } from '../../trace/roles.ts';
import { Sweep } from '../../trace/sweep.ts';
import type { TraceView } from '../../trace/view.ts';
import { isCall } from '../calls.ts';
import { waitedFor } from './doubtful.ts';
import type { StallLimits, Stream } from './stalls.ts';

/** The work beside a stream: calls that are not its own. */
export interface Background {
  readonly rows: readonly number[];
  readonly sweep: Sweep;
  /** The stream's own tools. */
  readonly own: Sweep;
  /** Time within [from, to) in which background work ran and none of the stream's own tools did. */
  besides(from: number, to: number): number;
}

/** Calls, and leaves that do something themselves; not another stream, a person or a checkpoint, nor what only waits. */
const workIn = oncePerView((view) => {
  const work = uint8s(view.n);
  for (let row = 0; row < view.n; row++) {
    const role = view.role[row];
    if (role === ROLE.stream || role === ROLE.human || role === ROLE.checkpoint || role === ROLE.agent)
      continue;
    if (isCall(view, row) || view.childFrom[row] === view.childFrom[row + 1]) work[row] = 1;
  }
  return work;
});

/** Where a row stands to the stream, as far as the tree says. */
const PLACE = { elsewhere: 0, above: 1, below: 2, doubtful: 3 } as const;

/**
 * Doubtful is what stands below a lost span that may have been the stream's own tool, or its agent: an orphan without a
 * parent, or with one at which the stream hangs, too (adopt.ts knows no better then).
 */
function placesIn(view: TraceView, stream: number): Uint8Array {
  const place = uint8s(view.n);
  for (let at = view.parent[stream]; at >= 0; at = view.parent[at]) place[at] = PLACE.above;
  place[stream] = PLACE.below;
  for (const row of view.topDown) {
    if (place[row] !== PLACE.elsewhere) continue;
    const parent = view.parent[row];
    const above = parent < 0 ? PLACE.above : place[parent];
    if (view.orphan[row] === 1 && above !== PLACE.elsewhere) place[row] = PLACE.doubtful;
    else if (above !== PLACE.above) place[row] = above;
  }
  return place;
}

/**
 * Own are the calls below the stream and, where its caller makes at most `maxOwnTools` at once, the calls right
 * beside it: an agent that streams and calls a tool waits for that tool. Only what runs while the stream does counts.
 * Where a lost span hides whose a call was, the stream's silence tells (doubtful.ts).
 */
export function backgroundOf(view: TraceView, stream: Stream, limits: StallLimits): Background {
  const { row, chunks } = stream;
  const from = Math.min(view.start[row], chunks[0]);
  const to = Math.max(view.end[row], chunks[chunks.length - 1]);
  const work = workIn(view);
  const place = placesIn(view, row);
  const calls: number[] = [];
  const beside: number[] = [];
  const own: number[] = [];
  const doubtful: number[] = [];
  const counted = uint8s(view.n); // the row or one above it: a call's server span is the same work
  for (const each of view.topDown) {
    const parent = view.parent[each];
    if (parent >= 0) counted[each] = counted[parent];
    if (counted[each] || work[each] === 0 || each === row || place[each] === PLACE.above) continue;
    counted[each] = 1;
    // What has a parent is no sibling of a stream whose own is lost, wherever that stands now.
    const isSibling = parent === view.parent[row] && view.orphan[row] === 0;
    const isBeside = isSibling && place[each] === PLACE.elsewhere && isCall(view, each);
    if (!isBeside && (view.end[each] <= from || view.start[each] >= to)) continue;
    if (place[each] === PLACE.below) own.push(each);
    else if (place[each] === PLACE.doubtful) doubtful.push(each);
    else if (isBeside) beside.push(each);
    else calls.push(each);
  }
  const siblings = Sweep.of(view, beside);
  const many = siblings.level.some((level) => level > limits.maxOwnTools);
  (many ? calls : own).push(...beside);
  if (doubtful.length > 0) {
    // Named like work that surely is none of its tools, it is none either.
    const others = new Set(calls.map((call) => view.callee[call]));
    for (const each of own) others.delete(view.callee[each]);
    const unnamed = doubtful.filter((each) => !others.has(view.callee[each]));
    const waited = waitedFor(view, stream, unnamed, Sweep.of(view, own), limits);
    for (const each of doubtful) (waited.has(each) ? own : calls).push(each);
  }
  const sweep = Sweep.of(view, calls);
  const ownSweep = Sweep.of(view, own);
  const either = own.length === 0 ? sweep : Sweep.of(view, [...calls, ...own]);
  return {
    rows: calls.sort((a, b) => a - b),
    sweep,
    own: ownSweep,
    besides: (start, end) => either.busyWithin(start, end) - ownSweep.busyWithin(start, end),
  };
}
