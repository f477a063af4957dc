/** Which traces are slow. */
import { z } from 'zod';
import { LEAST_BASELINE, LEAST_SET } from '../attribution/sentences.ts';

export type SlowRule =
  /** Of the baseline's path times; `part` is 0.5 to less than 1. */
  | { readonly kind: 'percentile'; readonly part: number }
  | { readonly kind: 'ms'; readonly ms: number }
  | { readonly kind: 'failing' }
  | { readonly kind: 'all' };

/** Undefined: it is none. */
export function slowRule(text: string): SlowRule | undefined {
  if (text === 'failing' || text === 'all') return { kind: text };
  const percentile = /^p(\d\d(\.\d{1,3})?)$/.exec(text);
  if (percentile !== null) {
    const part = Number(percentile[1]) / 100;
    return part >= 0.5 ? { kind: 'percentile', part } : undefined;
  }
  return /^\d{1,9}(\.\d{1,6})?$/.test(text) ? { kind: 'ms', ms: Number(text) } : undefined;
}

/** Of the same time and root: so many can be told apart by some percentile. */
export const LEAST_TRACES = LEAST_SET + LEAST_BASELINE;

/** The highest whole percentile up to p95 that leaves enough on both sides, where no two traces take equally long. */
export function percentileFor(traces: number): string | undefined {
  for (let percentile = 95; percentile >= 50; percentile--) {
    // As thresholdOf counts: so many are below.
    const below = Math.floor((traces * percentile) / 100 + 1e-9);
    if (below >= LEAST_BASELINE && traces - below >= LEAST_SET) return `p${percentile}`;
  }
  return undefined;
}

export const slow = z
  .string()
  .default('p95')
  .refine((text) => slowRule(text) !== undefined, 'must be p50 to p99.999, milliseconds, failing or all')
  .describe(
    'p95: those above that percentile of the baseline; a number: those that take so many milliseconds or more; failing: ' +
      'those with an error; all: every one, against a baseline of another time. Waits for a person do not count as time',
  );
