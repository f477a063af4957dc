import { slowStep, stepCount } from '../agent-app/choices.ts';
import type { ReactParameters } from '../agent-app/parameters.ts';
import type { GroundTruth } from '../truth.ts';

/** A loop of one agent: however long, it is no chain of agents and no fan-out. */
export function reactTruth(parameters: ReactParameters): GroundTruth {
  const steps = stepCount(parameters);
  if (steps < 2) return { failures: [], insights: [] };
  const slow = slowStep(parameters) !== undefined;
  return {
    failures: [],
    insights: [{ kind: 'steps', found: true, numbers: { steps, slow_steps: slow ? 1 : 0 } }],
  };
}
