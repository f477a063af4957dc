/** The q-quantile (0 to 1) of rising numbers, nearest rank: always one of them; NaN of none. */
export function quantile(rising: ArrayLike<number>, q: number): number {
  if (rising.length === 0) return Number.NaN;
  return rising[Math.min(rising.length - 1, Math.max(0, Math.ceil(q * rising.length) - 1))];
}

/** Rising. */
export function sortedCopy(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** At most `most` of rising values, evenly spaced by rank, the first and last among them. */
export function thinned(rising: ArrayLike<number>, most: number): number[] {
  const n = rising.length;
  if (n <= most) return Array.from(rising);
  return Array.from({ length: most }, (_, i) => rising[Math.round((i * (n - 1)) / (most - 1))]);
}
