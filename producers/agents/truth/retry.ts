import { BACKOFF_MS } from '../agent-app/choices.ts';
import type { RetryParameters } from '../agent-app/parameters.ts';
import { fails } from '../seeded.ts';
import type { GroundTruth, PlantedFailure } from '../truth.ts';
import { collapseOf } from './collapse.ts';
import { agentOf, callMs, type Mesh, sum } from './ideal.ts';

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
 * When the last attempt ends: each lines up when its back-off is over, first in first out. The first attempts are there
 * from the start, so no retry comes before one of them.
 */
function lastEnd(outcomes: readonly Outcome[], call: number, slots: number): number {
  const free = new Array<number>(Math.min(slots, outcomes.length)).fill(0);
  const queue = outcomes.map(({ attempts }) => ({ asked: 0, attempt: 0, attempts }));
  for (let head = 0; head < queue.length; head++) {
    const { asked, attempt, attempts } = queue[head];
    const slot = free.indexOf(Math.min(...free));
    free[slot] = Math.max(free[slot], asked) + call;
    if (attempt + 1 === attempts) continue;
    const again = { asked: free[slot] + BACKOFF_MS * 2 ** attempt, attempt: attempt + 1, attempts };
    let place = queue.length;
    while (place > head + 1 && queue[place - 1].asked > again.asked) place--;
    queue.splice(place, 0, again);
  }
  return Math.max(...free);
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
  const makespan = lastEnd(outcomes, call, slots);
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
