/** The last hour, unless a request says otherwise. */
import { badRequest } from './errors.ts';

export const HOUR_MS = 3_600_000;
export const MAX_RANGE_MS = 31 * 24 * HOUR_MS;

export interface TimeRange {
  /** Unix ms, inclusive. */
  readonly from: number;
  /** Unix ms, exclusive. */
  readonly to: number;
}

interface Given {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** An hour from `from`, to `to` or to now, where only one or none is given. Throws a 400 for an empty range. */
export function timeRange(given: Given, now: () => number): TimeRange {
  const to = given.to ?? (given.from === undefined ? now() : Math.min(now(), given.from + HOUR_MS));
  const from = given.from ?? to - HOUR_MS;
  if (from >= to) throw badRequest('from: must be before to');
  return { from, to };
}

/** The same, and at most 31 days: for what is computed from every row of the range. */
export function boundedTimeRange(given: Given, now: () => number): TimeRange {
  const range = timeRange(given, now);
  if (range.to - range.from > MAX_RANGE_MS) throw badRequest('from: at most 31 days before to');
  return range;
}
