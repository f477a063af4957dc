/** Means with their errors, of values most of which may be zero. */

export interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Of the mean, squared: variance / n; 0 of fewer than two values. */
  readonly squaredError: number;
}

/** Of `values` and as many zeros as `n` values need. */
export function moments(values: readonly number[], n: number): Moments {
  if (n === 0) return { n, mean: 0, squaredError: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  // In two passes: the difference of squares would lose a small variance beside a great mean.
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, (n - values.length) * mean ** 2);
  return { n, mean, squaredError: n < 2 ? 0 : squares / (n - 1) / n };
}

/** Of the difference of two means (Welch). */
export const errorOfDifference = (a: Moments, b: Moments): number =>
  Math.sqrt(a.squaredError + b.squaredError);

/** The least value that at least the part `q` (0 to 1) of `values` and the zeros up to `n` do not exceed; 0 of none. */
export function quantile(values: readonly number[], n: number, q: number): number {
  const rank = Math.max(1, Math.ceil(q * n)) - 1;
  const zeros = n - values.length;
  if (rank < zeros || values.length === 0) return 0;
  return values.toSorted((a, b) => a - b)[rank - zeros];
}

/** The chance of `hits` or more among `n` draws, each a hit with the chance `p` (0 to 1). */
export const binomialTail = (n: number, hits: number, p: number): number =>
  Math.min(1, Math.exp(logBinomialTail(n, hits, p)));

/** Its natural logarithm, which does not underflow; -Infinity of what cannot be. */
export function logBinomialTail(n: number, hits: number, p: number): number {
  if (hits <= 0) return 0;
  if (p <= 0 || hits > n) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return 0;
  // Logarithm of the term of k, from the first one on; their sum against the greatest of them.
  let log = n * Math.log1p(-p);
  const logs: number[] = [];
  for (let k = 0; k <= n; k++) {
    if (k >= hits) logs.push(log);
    log += Math.log((n - k) / (k + 1)) + Math.log(p / (1 - p));
  }
  const most = logs.reduce((a, b) => Math.max(a, b));
  return Math.min(0, most + Math.log(logs.reduce((sum, each) => sum + Math.exp(each - most), 0)));
}

/** Natural logarithm of the number of ways to choose `k` of `n`. */
export function logChoose(n: number, k: number): number {
  let log = 0;
  for (let i = 1; i <= Math.min(k, n - k); i++) log += Math.log((n - i + 1) / i);
  return log;
}
