import { BACKOFF_MS } from '../agent-app/choices.ts';
import type { RetryParameters } from '../agent-app/parameters.ts';
import { fails } from '../seeded.ts';
import type { GroundTruth, PlantedFailure } from '../truth.ts';
import { collapseOf } from './collapse.ts';
import { agentOf, callMs, greatest, type Mesh, sum } from './ideal.ts';

interface Outcome {
  /** From 1. */
  readonly attempts: number;
  readonly gaveUp: boolean;
}

/** Exactly what happens to each call: a function of the seed. */
function outcomesOf({ seed, fanout, error_rate, max_retries }: RetryParameters): Outcome[] {
  return Array.from({ length: fanout }, (_, call) => {
    let attempt = 0;
    while (fails(seed, call, attempt, error_rate)) {
      if (attempt === max_retries) return { attempts: attempt + 1, gaveUp: true };
      attempt++;
    }
    return { attempts: attempt + 1, gaveUp: false };
  });
}

/**
 * Retry storm (design §5): at least 5 retried calls and 1.05 attempts a call. The first attempts queue like any fan-out,
 * since retries line up behind them; where half of the attempts are retries, the queue is the storm's symptom.
 */
export function retryTruth(parameters: RetryParameters, mesh: Mesh): GroundTruth {
  const { fanout, concurrency: slots, delay_ms, max_retries } = parameters;
  const outcomes = outcomesOf(parameters);
  const attempts = sum(outcomes.map((outcome) => outcome.attempts));
  const retried = outcomes.filter((outcome) => outcome.attempts > 1).length;
  const gaveUp = outcomes.filter((outcome) => outcome.gaveUp).length;
  const amplification = attempts / fanout;
  const numbers = {
    logical_operations: fanout,
    attempts,
    retried_operations: retried,
    failed_attempts: attempts - fanout + gaveUp,
    amplification,
    gave_up: max_retries > 0 ? gaveUp : 0, // who may not try again has nothing to give up
  };
  const storm: PlantedFailure[] =
    retried >= 5 && amplification >= 1.05
      ? [{ kind: 'retry_storm', agent: agentOf(mesh, 'caller'), callee: 'flaky', numbers }]
      : [];
  const call = callMs(delay_ms);
  // No call can end sooner than its attempts and the waits between them take.
  const makespan = greatest(
    outcomes.map((outcome) => outcome.attempts * call + BACKOFF_MS * (2 ** (outcome.attempts - 1) - 1)),
  );
  const collapse = collapseOf({
    agent: agentOf(mesh, 'planner'),
    callee: 'flaky',
    service: new Array<number>(fanout).fill(call),
    slots,
    makespan,
  });
  return {
    failures: [...storm, ...(storm.length > 0 && amplification >= 2 ? [] : collapse)],
    insights: numbers.failed_attempts === 0 ? [] : [{ kind: 'retries', found: retried > 0, numbers }],
  };
}
