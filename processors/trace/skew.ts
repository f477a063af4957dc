/**
 * Clocks of different machines disagree. A call cannot be served before it is made, and who waits for an answer has it
 * after it was given: where the times of two services deny that, the callee's clock is moved until they do not.
 *
 * As Jaeger's and Zipkin's clock skew adjusters do, the callee goes to the middle of its caller's time, so that the way
 * there and the way back are equally long, and what the same clock wrote beneath it moves along. Unlike theirs it leaves
 * alone what may be true: a caller that gave up before its callee was done, a callee that works longer than its caller
 * waits, and whatever does not stick out by more than a millisecond.
 */
import { float64s } from './arrays.ts';
import { CLOCK_NS } from './clock.ts';
import { KIND } from './parents.ts';

export interface SkewInput {
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  readonly service: Int32Array;
  readonly instance: Int32Array;
  readonly parent: Int32Array;
  /** Parents before children. */
  readonly topDown: Int32Array;
}

const FAILED = 2;

/** By how much the row's clock is behind its parent's, ns; 0 where nothing proves it. `high`, `low`: the parent's time. */
function behind(s: SkewInput, row: number, parent: number, low: number, high: number): number {
  if (s.kind[row] === KIND.consumer) return 0; // nobody waits for it
  const call = s.kind[parent] === KIND.client && s.kind[row] === KIND.server;
  const early = low - s.start[row] > CLOCK_NS;
  const late = call && s.status[parent] !== FAILED && s.end[row] - high > CLOCK_NS;
  if (!early && !late) return 0;
  const room = high - low - (s.end[row] - s.start[row]);
  if (room < -CLOCK_NS && !early) return 0;
  const middle = low + Math.max(room, 0) / 2;
  // Whole milliseconds: a start that was rounded stays recognisable.
  return Math.round((middle - s.start[row]) / CLOCK_NS) * CLOCK_NS;
}

/** ns to add to each row's times; undefined where all clocks agree. */
export function clockShifts(s: SkewInput): Float64Array | undefined {
  const { topDown, parent, service, instance } = s;
  let shift: Float64Array | undefined;
  for (let i = 0; i < topDown.length; i++) {
    const row = topDown[i];
    const above = parent[row];
    if (above < 0) continue;
    const moved = shift === undefined ? 0 : shift[above];
    const sameClock = service[row] === service[above] && instance[row] === instance[above];
    const by = sameClock ? moved : behind(s, row, above, s.start[above] + moved, s.end[above] + moved);
    if (by === 0) continue;
    shift ??= float64s(parent.length);
    shift[row] = by;
  }
  return shift;
}
