import { stragglerCall } from '../agent-app/choices.ts';
import type { FanoutParameters } from '../agent-app/parameters.ts';
import type { GroundTruth } from '../truth.ts';
import { collapseOf } from './collapse.ts';
import { agentOf, callMs, type Mesh } from './ideal.ts';
import { stragglerOf } from './stragglers.ts';

/** Queueing where the calls are many more than the slots; one slow call where the seed has put one. */
export function fanoutTruth(parameters: FanoutParameters, mesh: Mesh): GroundTruth {
  const { fanout, concurrency: slots, delay_ms, straggler_factor } = parameters;
  const straggler = stragglerCall(parameters);
  const service = Array.from({ length: fanout }, (_, call) =>
    callMs(delay_ms * (call === straggler ? straggler_factor : 1)),
  );
  return {
    failures: collapseOf({ agent: agentOf(mesh, 'planner'), callee: 'search', service, slots }),
    insights: stragglerOf(service, slots),
  };
}
