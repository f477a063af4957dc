/** A value at a time: minutes from the start of the load. */
export interface Point {
  readonly minute: number;
  readonly value: number;
}

/** A least-squares line: units a minute, with the 95 % confidence interval of the slope. */
export interface Slope {
  readonly perMinute: number;
  readonly low: number;
  readonly high: number;
  /** Minutes between the first and the last point. */
  readonly minutes: number;
}

/** How a block of samples becomes one point. */
export type Fold = 'median' | 'lowest';

const MOST_BLOCKS = 30;
const LEAST_SAMPLES_A_BLOCK = 3;

/**
 * Neighbouring samples of a process's memory resemble each other, so a line through all of them would look more certain
 * than it is: the samples are folded into blocks, whose values are nearly independent. `lowest` is for a heap, which is
 * what it holds only right after a collection.
 */
export function inBlocks(points: readonly Point[], fold: Fold): Point[] {
  const blocks = Math.min(MOST_BLOCKS, Math.floor(points.length / LEAST_SAMPLES_A_BLOCK));
  return Array.from({ length: blocks }, (_, i) => {
    const block = points.slice(
      Math.floor((i * points.length) / blocks),
      Math.floor(((i + 1) * points.length) / blocks),
    );
    const values = block.map(({ value }) => value).sort((a, b) => a - b);
    return {
      minute: block.reduce((sum, { minute }) => sum + minute, 0) / block.length,
      value: fold === 'lowest' ? values[0] : values[values.length >> 1],
    };
  });
}

/** Ordinary least squares; undefined for fewer than three points, or all at one time. */
export function slopeOf(points: readonly Point[]): Slope | undefined {
  const n = points.length;
  if (n < 3) return undefined;
  const meanX = points.reduce((sum, { minute }) => sum + minute, 0) / n;
  const meanY = points.reduce((sum, { value }) => sum + value, 0) / n;
  const sxx = points.reduce((sum, { minute }) => sum + (minute - meanX) ** 2, 0);
  if (sxx === 0) return undefined;
  const perMinute =
    points.reduce((sum, { minute, value }) => sum + (minute - meanX) * (value - meanY), 0) / sxx;
  const residual = points.reduce(
    (sum, { minute, value }) => sum + (value - meanY - perMinute * (minute - meanX)) ** 2,
    0,
  );
  const margin = student975(n - 2) * Math.sqrt(residual / (n - 2) / sxx);
  const minutes = points[n - 1].minute - points[0].minute;
  return { perMinute, low: perMinute - margin, high: perMinute + margin, minutes };
}

/**
 * The 97.5 % quantile of Student's t: exact for one and two degrees of freedom, from three on the expansion of Cornish and
 * Fisher (Abramowitz & Stegun 26.7.5), good to one percent.
 */
export function student975(degrees: number): number {
  if (degrees === 1) return 12.706;
  if (degrees === 2) return 4.303;
  const z = 1.959964;
  const [z3, z5, z7, z9] = [z ** 3, z ** 5, z ** 7, z ** 9];
  return (
    z +
    (z3 + z) / 4 / degrees +
    (5 * z5 + 16 * z3 + 3 * z) / 96 / degrees ** 2 +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384 / degrees ** 3 +
    (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / 92160 / degrees ** 4
  );
}
