/** How often inserts were tried while ClickHouse was away. */
import { PROJECTIONS } from '#sinks/projections/registry.ts';
import { atLeast, atMost, type Check } from './check.ts';
import type { Sample } from './watch.ts';

/**
 * A writer's pauses are 0.1 s, 0.2 s … 10 s, shortened by up to a half at random: at most eight attempts within its first
 * ten seconds, and one in five seconds from then on.
 */
const FIRST_IN_10_S = 8;
const STEADY_IN_10_S = 2;
const WINDOW_MIN = 10 / 60;

/** `from` and `to`: minutes of the outage. */
export function backOff(samples: readonly Sample[], from: number, to: number): Check[] {
  const failed = samples
    .filter(({ minute }) => minute >= from && minute <= to)
    .map(({ minute, metrics }) => ({ minute, count: metrics.sum('ati_insert_retries_total') }));
  const within = (at: { minute: number; count: number }) => {
    const end = failed.findLast(({ minute }) => minute <= at.minute + WINDOW_MIN) ?? at;
    return end.count - at.count;
  };
  const steady = failed.filter(({ minute }) => minute >= from + 2 * WINDOW_MIN);
  const [first, last] = [steady[0], steady.at(-1)];
  const perSecond =
    first && last && last.minute > first.minute
      ? (last.count - first.count) / ((last.minute - first.minute) * 60)
      : Number.POSITIVE_INFINITY;
  const writers = PROJECTIONS.length;
  return [
    atLeast('inserts that were tried in vain', (failed.at(-1)?.count ?? 0) - (failed[0]?.count ?? 0), 3, ''),
    atMost(
      'of them in the busiest ten seconds',
      Math.max(0, ...failed.map(within)),
      FIRST_IN_10_S * writers,
      '',
    ),
    atMost(
      'of them a second, after the first twenty',
      perSecond,
      (STEADY_IN_10_S * writers) / 10,
      'a second',
    ),
  ];
}
