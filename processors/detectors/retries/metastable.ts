/**
 * Metastable failure (Bronson, Aghayev, Charapko, Zhu: "Metastable Failures in Distributed Systems", HotOS 2021): a
 * trigger pushes a system into overload, and a sustaining effect, here the retries, keeps it there after the trigger is
 * gone. In one window, of one caller's calls to one callee, by the event times of its traces:
 *
 * - the trigger are failures that are no overload; it ends with the last trace that has one;
 * - after it at least `metastableHops` whole hops of `metastableHopMs` fit into the window, and in each of them there
 *   is traffic, attempts fail by overload, and amplification stays at `warningAmplification` or above;
 * - at least `minRetriedCalls` calls are retried in that time.
 */
import type { Measure } from '#schemas/events.ts';
import { count, ms, ratio } from '../measures.ts';

export interface MetastableLimits {
  readonly minRetriedCalls: number;
  readonly warningAmplification: number;
  readonly minTriggerFailures: number;
  readonly metastableHops: number;
  readonly metastableHopMs: number;
}

/** What one trace says of the calls. */
export interface Moment {
  /** Unix ms. */
  readonly eventTime: number;
  readonly attempts: number;
  readonly operations: number;
  readonly retried: number;
  readonly triggerFailures: number;
  readonly overloadFailures: number;
}

type Sums = Omit<Moment, 'eventTime'>;

function sumOf(moments: readonly Moment[]): Sums {
  const sums = { attempts: 0, operations: 0, retried: 0, triggerFailures: 0, overloadFailures: 0 };
  for (const moment of moments) {
    sums.attempts += moment.attempts;
    sums.operations += moment.operations;
    sums.retried += moment.retried;
    sums.triggerFailures += moment.triggerFailures;
    sums.overloadFailures += moment.overloadFailures;
  }
  return sums;
}

export interface Aftermath {
  readonly triggerFailures: number;
  /** ms from the window's start. */
  readonly endedAt: number;
  /** Whole hops after it. */
  readonly hops: number;
  readonly before: Sums;
  readonly after: Sums;
}

/** What goes on after the trigger; undefined where nothing does. */
export function aftermathOf(
  moments: readonly Moment[],
  window: { readonly startMs: number; readonly endMs: number },
  c: MetastableLimits,
): Aftermath | undefined {
  const ended = moments.reduce(
    (last, each) => (each.triggerFailures > 0 ? Math.max(last, each.eventTime) : last),
    -Infinity,
  );
  const before = sumOf(moments.filter((each) => each.eventTime <= ended));
  if (before.triggerFailures < c.minTriggerFailures) return undefined;
  const hops = Math.floor((window.endMs - ended) / c.metastableHopMs);
  if (hops < c.metastableHops) return undefined;
  const slices = Array.from({ length: hops }, (): Moment[] => []);
  const later = moments.filter((each) => each.eventTime > ended);
  for (const each of later) slices[Math.ceil((each.eventTime - ended) / c.metastableHopMs) - 1]?.push(each);
  const goesOn = slices.every((slice) => {
    const sums = sumOf(slice);
    return sums.overloadFailures > 0 && sums.attempts >= c.warningAmplification * sums.operations;
  });
  const after = sumOf(later);
  if (!goesOn || after.retried < c.minRetriedCalls) return undefined;
  return { triggerFailures: before.triggerFailures, endedAt: ended - window.startMs, hops, before, after };
}

export function aftermathMeasures({ triggerFailures, endedAt, hops, before, after }: Aftermath): Measure[] {
  return [
    count('trigger_failures', triggerFailures),
    ms('trigger_ended_at', endedAt * 1e6),
    ratio('amplification_before', before.attempts / before.operations),
    ratio('amplification_after', after.attempts / after.operations),
    count('attempts_after', after.attempts),
    count('operations_after', after.operations),
    count('retried_after', after.retried),
    count('overload_failures_after', after.overloadFailures),
    count('hops_after', hops),
  ];
}
