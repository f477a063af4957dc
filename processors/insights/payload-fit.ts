/** A straight line through points. */
export interface Fit {
  /** y per x. */
  readonly slope: number;
  /** Coefficient of determination, 0 to 1; 0 where all x or all y are the same. */
  readonly rSquared: number;
}

/** Ordinary least squares of y on x, two passes, so that large values with small differences keep their digits. */
export function leastSquares(x: readonly number[], y: readonly number[]): Fit {
  const n = x.length;
  const meanX = x.reduce((sum, each) => sum + each / n, 0);
  const meanY = y.reduce((sum, each) => sum + each / n, 0);
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < n; i++) {
    xx += (x[i] - meanX) ** 2;
    yy += (y[i] - meanY) ** 2;
    xy += (x[i] - meanX) * (y[i] - meanY);
  }
  if (!(xx > 0)) return { slope: 0, rSquared: 0 };
  return { slope: xy / xx, rSquared: yy > 0 ? Math.min(1, (xy * xy) / (xx * yy)) : 0 };
}
