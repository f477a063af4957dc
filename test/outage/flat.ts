/** Is a curve flat? Its slope with its uncertainty, and the bound it is held to. */
import { inBlocks, type Point, slopeOf } from '../soak/slope.ts';
import { type Check, rounded } from './check.ts';

/** What flat is. */
export interface FlatBound {
  /** MiB a minute. */
  readonly perMinute: number;
  /** MiB that growth over the whole must reach: of a short run only a plain leak is certain. */
  readonly least: number;
}

/**
 * The slope of `points` in MiB a minute, by least squares over blocks, against a bound. Of fewer than three blocks nothing
 * can be said, which is not flat.
 */
export function flat(
  what: string,
  points: readonly Point[],
  bound: FlatBound,
  fold: 'median' | 'lowest',
): Check {
  const slope = slopeOf(inBlocks(points, fold));
  const wanted = `at most ${bound.perMinute} MiB/min, or ${bound.least} MiB in all`;
  if (slope === undefined) return { what, found: 'too few samples', wanted, ok: false };
  const { perMinute, low, high, minutes } = slope;
  const found = `${rounded(perMinute)} MiB/min (95 %: ${rounded(low)} to ${rounded(high)}) over ${rounded(minutes)} min`;
  return { what, found, wanted, ok: perMinute <= bound.perMinute || perMinute * minutes <= bound.least };
}
