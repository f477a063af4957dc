import type { PlantedInsight } from '../truth.ts';
import { greatest, quantileOf, type Served, serveInOrder } from './ideal.ts';

const lastEnd = (served: readonly Served[]) => greatest(served.map(({ end }) => end));

/** Of the batch's time: ends that are nearer than this are one. */
const TOGETHER = 0.1;

/**
 * Whether one of the calls offered together delays the batch (design §5): at least 5 siblings, more than 1.5 × the
 * median, robust z over 3.5 with 5 % of the median as the least scatter, beyond the next-slowest by max(100 ms, half the
 * median), and the batch would have ended sooner with the median instead.
 */
export function stragglerOf(service: readonly number[], slots: number): PlantedInsight[] {
  if (service.length < 5) return [];
  const served = serveInOrder(service, slots);
  const median = quantileOf(service, 0.5);
  const slowest = greatest(service);
  const at = service.indexOf(slowest);
  const next = greatest(service.filter((_, call) => call !== at));
  const deviation = quantileOf(
    service.map((each) => Math.abs(each - median)),
    0.5,
  );
  const robustZ = (0.6745 * (slowest - median)) / Math.max(deviation, 0.05 * median);
  // What waits behind it in its slot goes to another one: only the batch's own end counts.
  const others = greatest(served.filter((_, call) => call !== at).map(({ end }) => end));
  const ahead = served[at].end - others;
  const standsOut = slowest > 1.5 * median && robustZ > 3.5 && slowest - next >= Math.max(100, 0.5 * median);
  // It ends when the queue does: chance decides who is last.
  if (standsOut && Math.abs(ahead) < TOGETHER * others) return [];
  const impact = Math.min(slowest - median, Math.max(0, ahead));
  const found = standsOut && impact > Math.max(deviation, 0.05 * median);
  const last = served.findIndex(({ end }) => end === lastEnd(served));
  const numbers = {
    siblings: service.length,
    median,
    slowest,
    ...(found && { impact }),
    last_wait: served[last].start,
    last_service: service[last],
  };
  return [{ kind: 'straggler', found, numbers }];
}
