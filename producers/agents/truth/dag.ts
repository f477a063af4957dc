import { slowBranch } from '../agent-app/choices.ts';
import type { DagParameters } from '../agent-app/parameters.ts';
import type { GroundTruth, PlantedInsight } from '../truth.ts';
import { callMs } from './ideal.ts';
import { stragglerOf } from './stragglers.ts';

/** Every branch has a slot: nothing queues, so nothing fails. The join waits for the slow branch, if there is one. */
export function dagTruth(parameters: DagParameters): GroundTruth {
  const { fanout, delay_ms, slow_factor } = parameters;
  const slow = slowBranch(parameters);
  const service = Array.from({ length: fanout }, (_, branch) =>
    callMs(delay_ms * (branch === slow ? slow_factor : 1)),
  );
  return { failures: [], insights: [...waitedFor(parameters), ...stragglerOf(service, fanout)] };
}

/** One branch is no fork. A wait counts like a straggler's (design §5): from max(100 ms, half of what the others take) on. */
function waitedFor({ fanout, delay_ms, slow_factor }: DagParameters): PlantedInsight[] {
  if (fanout < 2) return [];
  const slowest = callMs(delay_ms * slow_factor);
  const next = callMs(delay_ms);
  const slack = slowest - next;
  if (slack < Math.max(100, next / 2))
    return [{ kind: 'critical_path', found: false, numbers: { branches: fanout } }];
  const numbers = {
    branches: fanout,
    waited_branches: fanout - 1,
    slowest_branch: slowest,
    next_branch: next,
    slack_total: slack * (fanout - 1),
  };
  return [{ kind: 'critical_path', found: true, numbers }];
}
