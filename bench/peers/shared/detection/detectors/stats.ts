/** The q-quantile (0 to 1) of rising numbers, nearest rank: always one of them; NaN of none. */
export function quantile(rising: ArrayLike<number>, q: number): number {
  if (rising.length === 0) return Number.NaN;
  return rising[Math.min(rising.length - 1, Math.max(0, Math.ceil(q * rising.length) - 1))];
}

/** Rising. */
export function sortedCopy(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** Least-squares slope of y against its index; 0 of fewer than two. */
export function slopeByRank(y: ArrayLike<number>): number {
  const n = y.length;
  if (n < 2) return 0;
  const middle = (n - 1) / 2;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += y[i] / n;
  let covariance = 0;
  let variance = 0;
  for (let i = 0; i < n; i++) {
    covariance += (i - middle) * (y[i] - mean);
    variance += (i - middle) ** 2;
  }
  return covariance / variance;
}

/** At most `most` of rising values, evenly spaced by rank, the first and last among them. */
export function thinned(rising: ArrayLike<number>, most: number): number[] {
  const n = rising.length;
  if (n <= most) return Array.from(rising);
  return Array.from({ length: most }, (_, i) => rising[Math.round((i * (n - 1)) / (most - 1))]);
}

/** Coefficient of variation: standard deviation / mean; 0 where the mean is 0, of fewer than two NaN. */
export function variation(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return mean === 0 ? 0 : Math.sqrt(squares / values.length) / mean;
}
