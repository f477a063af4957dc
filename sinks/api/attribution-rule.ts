/** Which traces are slow. */
import { z } from 'zod';

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

export const slow = z
  .string()
  .default('p95')
  .refine((text) => slowRule(text) !== undefined, 'must be p50 to p99.999, milliseconds, failing or all')
  .describe(
    'p95: those above that percentile of the baseline; a number: those that take so many milliseconds or more; failing: ' +
      'those with an error; all: every one, against a baseline of another time. Waits for a person do not count as time',
  );
