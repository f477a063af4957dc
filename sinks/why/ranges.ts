/** The times of a question: whether they can be asked for, in the words of the command's options. */
import { HOUR_MS, MAX_RANGE_MS } from '../api/time-range.ts';

/** Unix ms. */
export interface Times {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly baselineFrom?: number | undefined;
  readonly baselineTo?: number | undefined;
}

/** What is wrong with them, by the API's rules; undefined: nothing. */
export function wrongTimes(times: Times, now: number): string | undefined {
  const { baselineFrom, baselineTo } = times;
  const to = times.to ?? now;
  const from = times.from ?? to - HOUR_MS;
  if (from >= to)
    return times.to === undefined
      ? '--from must be before now, or --to must say until when'
      : '--from must be before --to';
  if (to - from > MAX_RANGE_MS)
    return '--from must be at most 31 days before --to, which is now unless given';
  if (baselineFrom === undefined && baselineTo === undefined) return undefined;
  const end = baselineTo ?? from;
  const start = baselineFrom ?? end - (to - from);
  if (start >= end)
    return baselineTo === undefined
      ? '--baseline-from must be before --from, where the baseline ends without --baseline-to'
      : '--baseline-from must be before --baseline-to';
  if (start < to && end > from)
    return baselineFrom === undefined
      ? '--baseline-to must be no later than --from: the baseline is of another time, and as long as the range unless --baseline-from is given'
      : '--baseline-from to --baseline-to must not overlap --from to --to: the baseline is of another time';
  if (end - start > MAX_RANGE_MS)
    return '--baseline-from must be at most 31 days before --baseline-to, which is --from unless given';
  return undefined;
}
