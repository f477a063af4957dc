import { slowStep, stepCount } from '../agent-app/choices.ts';
import type { ReactParameters } from '../agent-app/parameters.ts';
import type { GroundTruth } from '../truth.ts';
import { callMs } from './ideal.ts';

/** Fewer are no loop; of one nobody asks. */
const FEWEST_STEPS = 3;

/** A loop of one agent: however long, it is no chain of agents and no fan-out. */
export function reactTruth(parameters: ReactParameters): GroundTruth {
  const { delay_ms, slow_factor, tools_per_step } = parameters;
  const steps = stepCount(parameters);
  if (steps < 2) return { failures: [], insights: [] };
  // What the slow step takes beyond the others, where it is much more than all of them together scatter by.
  const slowness = (callMs(delay_ms * slow_factor) - callMs(delay_ms)) * tools_per_step;
  const others = steps * tools_per_step * callMs(delay_ms);
  const standsOut = slowness >= Math.max(100, 0.3 * others) && slowStep(parameters) !== undefined;
  const numbers = { steps, ...(standsOut && { by_slowness: slowness }) };
  return { failures: [], insights: [{ kind: 'steps', found: steps >= FEWEST_STEPS, numbers }] };
}
