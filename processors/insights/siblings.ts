/** One batch of sibling calls, retries folded into the call that they repeat, and how its members compare. Times in ns. */

import { duration, failedCalls } from '../detectors/calls.ts';
import { attemptsOf, type Batch } from '../detectors/fanout/batches.ts';
import { foldAttempts } from '../detectors/retries/attempts.ts';
import { CLOCK_NS } from '../trace/clock.ts';
import type { TraceView } from '../trace/view.ts';
import { Floats, Ints, medianOf } from './columns.ts';
import { numberCalls } from './places.ts';

/** The members of a batch, each one call with all its attempts, in order of their start. */
export interface Members {
  n: number;
  /** Row of the first attempt. */
  row: Int32Array;
  /** Its worker's place, else its own among its siblings in order of start, from 1. */
  number: Int32Array;
  offer: Float64Array;
  end: Float64Array;
  attempts: Int32Array;
  /** Time in which an attempt ran: the waits between attempts are not the callee's. */
  service: Float64Array;
  /** The attempt that took longest, and its time: a call is slow where an attempt is, not where it was tried again. */
  longest: Int32Array;
  time: Float64Array;
  /** From the offer to the end without the service: in the queue, and between attempts. */
  wait: Float64Array;
  /** 1: its last attempt failed. */
  failed: Int32Array;
}

const [row, number, attempts, longest, failed] = [new Ints(), new Ints(), new Ints(), new Ints(), new Ints()];
const [offer, end, service, time, wait] = [
  new Floats(),
  new Floats(),
  new Floats(),
  new Floats(),
  new Floats(),
];
const members: Members = {
  n: 0,
  row: row.at,
  number: number.at,
  offer: offer.at,
  end: end.at,
  attempts: attempts.at,
  service: service.at,
  longest: longest.at,
  time: time.at,
  wait: wait.at,
  failed: failed.at,
};

function makeRoom(n: number): void {
  members.n = n;
  members.row = row.room(n);
  members.number = number.room(n);
  members.offer = offer.room(n);
  members.end = end.room(n);
  members.attempts = attempts.room(n);
  members.service = service.room(n);
  members.longest = longest.room(n);
  members.time = time.room(n);
  members.wait = wait.room(n);
  members.failed = failed.room(n);
}

/** One more attempt of a member, after those that started before it. */
function addAttempt(view: TraceView, failures: Uint8Array, member: number, attempt: number): void {
  const took = duration(view, attempt);
  members.attempts[member]++;
  members.service[member] += took;
  members.failed[member] = failures[attempt];
  if (took <= members.time[member]) return;
  members.longest[member] = attempt;
  members.time[member] = took;
}

/** By first attempt its member: only where something was tried again. */
function addRetries(view: TraceView, failures: Uint8Array, rows: readonly number[]): void {
  const { first } = foldAttempts(view);
  const member = new Map<number, number>();
  for (let i = 0; i < members.n; i++) member.set(members.row[i], i);
  for (const attempt of rows) {
    const of = member.get(first[attempt]);
    if (of !== undefined && attempt !== first[attempt]) addAttempt(view, failures, of, attempt);
  }
}

/** The calls of the batch in order of their start; good until the next call. */
export function membersOf(view: TraceView, batch: Batch): Members {
  const { rows, from, width } = batch;
  const failures = failedCalls(view);
  makeRoom(width);
  for (let i = 0; i < width; i++) {
    const first = rows[from + i];
    members.row[i] = first;
    members.offer[i] = batch.offer[first];
    members.end[i] = batch.end[first];
    members.attempts[i] = 1;
    members.service[i] = duration(view, first);
    members.longest[i] = first;
    members.time[i] = members.service[i];
    members.failed[i] = failures[first];
  }
  if (batch.retries !== undefined) addRetries(view, failures, attemptsOf(batch));
  for (let i = 0; i < width; i++)
    members.wait[i] = Math.max(0, members.end[i] - members.offer[i] - members.service[i]);
  numberCalls(view, members.row, members.n, members.number);
  return members;
}

/** How far the slowest member stands out. */
export interface Spread {
  /** Index of the member. */
  readonly slowest: number;
  /** Its time. */
  readonly longest: number;
  readonly median: number;
  /** What the members differ by among themselves: their median absolute deviation, at least 5 % of the median. */
  readonly noise: number;
  /** 0.6745 (d − median) / noise: about the standard deviations of a normal distribution. */
  readonly robustZ: number;
  /** Above the next-slowest. */
  readonly beyondNext: number;
}

const [allTimes, deviations] = [new Floats(), new Floats()];

/** Design §5; where all take no time and differ by nothing, a clock's millisecond is the noise. */
export function spreadOf({ n, time }: Members): Spread {
  let times = allTimes.room(n);
  let slowest = 0;
  for (let i = 0; i < n; i++) {
    times[i] = time[i];
    if (time[i] > time[slowest]) slowest = i;
  }
  times = allTimes.rising(n);
  const median = medianOf(times, n);
  const apart = deviations.room(n);
  for (let i = 0; i < n; i++) apart[i] = Math.abs(times[i] - median);
  const deviation = medianOf(deviations.rising(n), n);
  const noise = Math.max(deviation, 0.05 * median) || CLOCK_NS;
  return {
    slowest,
    longest: time[slowest],
    median,
    noise,
    robustZ: (0.6745 * (time[slowest] - median)) / noise,
    beyondNext: time[slowest] - times[n - 2],
  };
}
