import type { PlantedFailure } from '../truth.ts';
import { greatest, quantileOf, serveInOrder, sum } from './ideal.ts';

export interface OfferedCalls {
  readonly agent: string;
  readonly callee: string;
  /** What each call takes once it has a slot, ms, in order of offering. */
  readonly service: readonly number[];
  readonly slots: number;
  /** From the offer to the end of the last call, ms, where more than these calls must be waited for (retries). */
  readonly makespan?: number;
}

/** By how much each call starts later than the one before it: the line through the waits that fits best. */
function slopeOf(waits: readonly number[]): number {
  const middle = (waits.length - 1) / 2;
  const spread = sum(waits.map((_, i) => (i - middle) ** 2));
  return sum(waits.map((wait, i) => wait * (i - middle))) / spread;
}

/**
 * Fan-out collapse (design §5) of calls that workers offer together: n ≥ 10, n ≥ 2c, ΣW / Σ(W+S) ≥ 0.5, starts that
 * are 0.5 to 1.5 × S/c apart (slots become free at the mean rate, so that bounds it above), makespan − S ≥ 200 ms.
 */
export function collapseOf(offered: OfferedCalls): PlantedFailure[] {
  const { agent, callee, service, slots } = offered;
  const width = service.length;
  const concurrency = Math.min(slots, width);
  if (width < 10 || width < 2 * concurrency) return [];
  const served = serveInOrder(service, slots);
  const waits = served.map(({ start }) => start);
  const usual = quantileOf(service, 0.1);
  const makespan = Math.max(offered.makespan ?? 0, greatest(served.map(({ end }) => end)));
  const waited = sum(waits);
  const queueShare = waited / (waited + width * usual);
  const pace = slopeOf(waits) * concurrency;
  const mean = sum(service) / width;
  if (queueShare < 0.5 || pace < 0.5 * usual || pace > 1.5 * mean || makespan - usual < 200) return [];
  const numbers = {
    offered_width: width,
    concurrency,
    service_time: usual,
    mean_wait: waited / width,
    queue_share: queueShare,
    expected_makespan: Math.ceil(width / concurrency) * usual,
  };
  return [{ kind: 'fanout_collapse', agent, callee, numbers }];
}
