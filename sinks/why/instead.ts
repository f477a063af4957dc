/** Where a question leaves too few traces: what can be asked instead. */
import { plural } from '#infra/format.ts';
import { LEAST_TRACES, percentileFor } from '../api/attribution-rule.ts';
import { LEAST_BASELINE, LEAST_SET } from '../attribution/sentences.ts';
import type { Attribution } from './api.ts';
import type { Options } from './options.ts';
import type { Names } from './others.ts';

export interface Instead {
  readonly root?: Names;
  readonly slow?: string;
  /** Why, in one line. */
  readonly note: string;
}

export const isTooFew = ({ root, set, baseline }: Attribution) =>
  root !== null && (set.sampled < LEAST_SET || baseline.sampled < LEAST_BASELINE);

/** Traces of the root in the range; undefined where a baseline of another time is among the numbers. */
export const tracesOf = ({ baselineFrom, set, baseline }: Attribution) =>
  baselineFrom === null ? set.traces + baseline.traces : undefined;

/** Only what was not asked for is asked otherwise: another root where none was named, another percentile without --slow. */
export function instead(
  found: Attribution,
  { root: names, slowGiven }: Pick<Options, 'root' | 'slowGiven'>,
): Instead | undefined {
  const traces = tracesOf(found);
  if (!isTooFew(found) || found.root === null || traces === undefined) return undefined;
  if (traces < LEAST_TRACES) {
    const other = found.others.find((each) => each.traces >= LEAST_TRACES);
    if (Object.keys(names).length > 0 || other === undefined) return undefined;
    const { service, agent, operation } = found.root;
    const { traces: _, ...root } = other;
    return {
      root,
      note: `Most time went to ${agent} / ${operation} (${service}), but it has ${plural(traces, 'trace')}, and ${LEAST_TRACES} are needed: this is the next that has them.`,
    };
  }
  const slow = slowGiven ? undefined : percentileFor(traces);
  if (slow === undefined || slow === found.slow) return undefined;
  return {
    slow,
    note: `Of ${plural(traces, 'trace')} ${found.slow} leaves too few: slow is here from ${slow} on, the highest percentile that leaves ${LEAST_SET}.`,
  };
}
