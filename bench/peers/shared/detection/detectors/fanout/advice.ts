/** What to do about a fan-out collapse. Each text says what its advice would change, and nothing that it would not. */
import { number, plural } from '#infra/format.ts';
import type { Measure, Recommendation } from '#schemas/events.ts';
import { inMs, reader } from '../measures.ts';

/** `evidence`: see fanout-collapse.detector.ts; every number of a text is computed from it (docs/detectors/fanout-collapse.md). */
export function adviseFanout(
  planner: string,
  callee: string,
  evidence: readonly Measure[],
): Recommendation[] {
  const e = reader(evidence);
  const [n, c, s] = [e('offered_width'), e('concurrency'), e('service_time')];
  const [expected, observed] = [e('expected_makespan'), e('observed_makespan')];
  const longest = e('longest_service');
  const rounds = Math.ceil(n / c);
  const saved = `${inMs(longest)} (the longest call) instead of ${inMs(observed)}`;
  return [
    {
      action: 'reduce_concurrency',
      text:
        `Let ${planner} offer ${plural(c, 'call')} at a time instead of ${number(n)}, the next as one ends: ` +
        `${number(c)} ${c === 1 ? 'runs' : 'run'} at a time either way, so it takes no longer (${number(rounds)} rounds of ` +
        `${inMs(s)} are ${inMs(expected)}; ${inMs(observed)} were observed), and the wait of ${inMs(e('mean_wait'))} on ` +
        `average ends, in which a call's timeout already runs.`,
    },
    {
      action: 'batch',
      text:
        `Batch ${number(rounds)} items into one call of ${callee}: ${plural(Math.ceil(n / rounds), 'call')} would fit its ` +
        `${plural(c, 'slot')} in one round. If such a call took no longer than now, the makespan would be ${saved}.`,
    },
    {
      action: 'add_capacity',
      text:
        `Raise the limit of ${callee} from ${number(c)} to ${number(n)} at a time, if it can serve them in ` +
        `${inMs(s)} each as now: the makespan would be ${saved}.`,
    },
  ];
}
