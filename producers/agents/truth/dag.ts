import { slowBranch } from '../agent-app/choices.ts';
import type { DagParameters } from '../agent-app/parameters.ts';
import type { GroundTruth, PlantedInsight } from '../truth.ts';
import { CALL_MS } from './ideal.ts';
import { stragglerOf } from './stragglers.ts';

/** Every branch has a slot: nothing queues, so nothing fails. The join waits for the slow branch, if there is one. */
export function dagTruth(parameters: DagParameters): GroundTruth {
  const { fanout, delay_ms, slow_factor } = parameters;
  const slow = slowBranch(parameters);
  const service = Array.from(
    { length: fanout },
    (_, branch) => delay_ms * (branch === slow ? slow_factor : 1) + CALL_MS,
  );
  return { failures: [], insights: [...waitedFor(parameters), ...stragglerOf(service, fanout)] };
}

/** A fork of one branch is none. */
function waitedFor({ fanout, delay_ms, slow_factor }: DagParameters): PlantedInsight[] {
  if (fanout < 2) return [];
  const slack = delay_ms * (slow_factor - 1);
  const numbers = {
    branches: fanout,
    waited_branches: fanout - 1,
    slowest_branch: delay_ms * slow_factor,
    next_branch: delay_ms,
    slack_total: slack * (fanout - 1),
  };
  if (slack === 0) return [{ kind: 'critical_path', found: false, numbers: { branches: fanout } }];
  // Branches that differ by less than equal ones scatter: the trace cannot tell.
  return slack < 0.1 * delay_ms || slack < 10 ? [] : [{ kind: 'critical_path', found: true, numbers }];
}
