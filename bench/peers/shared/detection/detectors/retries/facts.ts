/** What single traces say of retried calls. */
import type { Measure } from '#schemas/events.ts';
import { count } from '../measures.ts';
import type { Tally } from './tally.ts';

/** Facts of healthy calls are most of all: what is as usual is left out. */
export function factValues(
  t: Tally,
  more: { readonly overload: number; readonly unrepeated: number },
): Measure[] {
  const values = [
    count('attempts', t.attempts),
    count('logical_operations', t.logical),
    count('retried_operations', t.retried),
    count('failed_attempts', t.failed),
    count('gave_up', t.gaveUp),
  ];
  if (more.overload > 0) values.push(count('overload_failures', more.overload));
  const unrepeated = Number(more.unrepeated.toFixed(4));
  if (unrepeated !== t.logical) values.push(count('unrepeated_operations', unrepeated));
  return values;
}

/** Of a symptom: how many of its failures the calls below explain, and the numbers of those. */
export function causeValues(cause: Tally, explained: number): Measure[] {
  return [
    count('explained_failures', explained),
    count('cause_attempts', cause.attempts),
    count('cause_operations', cause.logical),
    count('cause_retried', cause.retried),
  ];
}
