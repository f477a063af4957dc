/** One batch of sibling calls, retries folded into the call that they repeat, and how its members compare. Times in ns. */

import { duration, failedCalls } from '../detectors/calls.ts';
import type { Batch } from '../detectors/fanout/batches.ts';
import { foldAttempts } from '../detectors/retries/attempts.ts';
import { quantile, sortedCopy } from '../detectors/stats.ts';
import { CLOCK_NS } from '../trace/clock.ts';
import type { TraceView } from '../trace/view.ts';
import { numbersOf } from './places.ts';

/** A member of a batch: one call with all its attempts. */
export interface Member {
  /** Its worker's place, else its own among its siblings in order of start, from 1. */
  readonly number: number;
  readonly offer: number;
  readonly end: number;
  /** Rows of its attempts, in order of start. */
  readonly attempts: readonly number[];
  /** Time in which an attempt ran: the waits between attempts are not the callee's. */
  readonly service: number;
  /** The attempt that took longest, and its time: a call is slow where an attempt is, not where it was tried again. */
  readonly longest: number;
  readonly time: number;
  /** From the offer to the end without the service: in the queue, and between attempts. */
  readonly wait: number;
  /** Its last attempt failed. */
  readonly failed: boolean;
}

/** By its first one; undefined where nothing was tried again. */
function attemptsByCall(view: TraceView, { calls, attempts }: Batch): Map<number, number[]> | undefined {
  if (attempts.length === calls.length) return undefined;
  const { first } = foldAttempts(view);
  const found = new Map<number, number[]>(calls.map((call) => [call.row, []]));
  for (const row of attempts) found.get(first[row])?.push(row);
  return found;
}

/** The calls of the batch in order of their start. */
export function membersOf(view: TraceView, batch: Batch): Member[] {
  const attempts = attemptsByCall(view, batch);
  const failed = failedCalls(view);
  const numbers = numbersOf(
    view,
    batch.calls.map((call) => call.row),
  );
  return batch.calls.map((call, index) => {
    const rows = attempts?.get(call.row) ?? [call.row];
    let service = 0;
    let longest = call.row;
    for (const row of rows) {
      service += duration(view, row);
      if (duration(view, row) > duration(view, longest)) longest = row;
    }
    return {
      number: numbers[index],
      offer: call.offer,
      end: call.end,
      attempts: rows,
      service,
      longest,
      time: duration(view, longest),
      wait: Math.max(0, call.end - call.offer - service),
      failed: failed[rows[rows.length - 1]] === 1,
    };
  });
}

/** How far the slowest member stands out. */
export interface Spread {
  readonly slowest: Member;
  readonly median: number;
  /** What the members differ by among themselves: their median absolute deviation, at least 5 % of the median. */
  readonly noise: number;
  /** 0.6745 (d − median) / noise: about the standard deviations of a normal distribution. */
  readonly robustZ: number;
  /** Above the next-slowest. */
  readonly beyondNext: number;
}

/** Design §5; where all take no time and differ by nothing, a clock's millisecond is the noise. */
export function spreadOf(members: readonly Member[]): Spread {
  const slowest = members.reduce((a, b) => (b.time > a.time ? b : a));
  const times = sortedCopy(members.map((member) => member.time));
  const median = quantile(times, 0.5);
  const deviation = quantile(sortedCopy(times.map((each) => Math.abs(each - median))), 0.5);
  const noise = Math.max(deviation, 0.05 * median) || CLOCK_NS;
  return {
    slowest,
    median,
    noise,
    robustZ: (0.6745 * (slowest.time - median)) / noise,
    beyondNext: slowest.time - times[times.length - 2],
  };
}
