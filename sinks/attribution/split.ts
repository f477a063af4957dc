/** Extra time is more spans, or slower ones. */
import type { Amount } from './tally.ts';

export interface Split {
  /** Because there are more spans of it on the path. Negative: because there are fewer. Same unit as the amounts. */
  readonly more: number;
  /** Because each of them takes longer; negative: shorter. */
  readonly slower: number;
}

/**
 * What its mean time per trace has grown by, in two parts that sum to it. Time is spans × time per span, and each part is
 * the change of one factor at the mean of the other (its Shapley value), so that neither is favoured by being looked at
 * first. What is in one of the samples only has no time per span in the other: all of it is `more`.
 */
export function split(set: Amount, setTraces: number, baseline: Amount, baselineTraces: number): Split {
  const spans = set.spans / setTraces;
  const before = baseline.spans / baselineTraces;
  if (set.spans === 0 || baseline.spans === 0)
    return { more: set.ns / setTraces - baseline.ns / baselineTraces, slower: 0 };
  const each = set.ns / set.spans;
  const eachBefore = baseline.ns / baseline.spans;
  return {
    more: ((spans - before) * (each + eachBefore)) / 2,
    slower: ((each - eachBefore) * (spans + before)) / 2,
  };
}
