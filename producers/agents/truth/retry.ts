import { agentChance, BACKOFF_MS } from '../agent-app/choices.ts';
import type { RetryParameters } from '../agent-app/parameters.ts';
import { fails } from '../seeded.ts';
import type { GroundTruth, PlantedFailure, PlantedInsight } from '../truth.ts';
import { collapseOf } from './collapse.ts';
import { agentOf, callMs, type Mesh, sum } from './ideal.ts';

interface Outcome {
  /** Of each attempt at the agent (without agents: the one of the caller itself) the attempts at the tool, from 1. */
  readonly tool: readonly number[];
  readonly gaveUp: boolean;
}

/** Exactly what happens to each call: a function of the seed. */
function outcomesOf(parameters: RetryParameters): Outcome[] {
  const { seed, fanout, error_rate, max_retries, agent_retries } = parameters;
  return Array.from({ length: fanout }, (_, call) => {
    const tool: number[] = [];
    for (let again = 0; again <= agent_retries; again++) {
      let attempt = 0;
      while (attempt <= max_retries && fails(seed, call, agentChance(parameters, again, attempt), error_rate))
        attempt++;
      tool.push(Math.min(attempt, max_retries) + 1);
      if (attempt <= max_retries) return { tool, gaveUp: false };
    }
    return { tool, gaveUp: true };
  });
}

interface Calls {
  readonly logical_operations: number;
  readonly attempts: number;
  readonly retried_operations: number;
  readonly failed_attempts: number;
  /** Who may not try again has nothing to give up. */
  readonly gave_up: number;
}

function tally(attempts: readonly number[], failedInTheEnd: number, retries: number): Calls {
  const all = sum(attempts);
  return {
    logical_operations: attempts.length,
    attempts: all,
    retried_operations: attempts.filter((each) => each > 1).length,
    failed_attempts: all - attempts.length + failedInTheEnd,
    gave_up: retries > 0 ? failedInTheEnd : 0,
  };
}

const amplificationOf = ({ attempts, logical_operations }: Calls) => attempts / logical_operations;
const isStorm = (calls: Calls) => calls.retried_operations >= 5 && amplificationOf(calls) >= 1.05;

/**
 * When the last attempt ends: each lines up when its back-off is over, first in first out. The first attempts are there
 * from the start, so no retry comes before one of them.
 */
function lastEnd(outcomes: readonly Outcome[], call: number, slots: number): number {
  const free = new Array<number>(Math.min(slots, outcomes.length)).fill(0);
  const queue = outcomes.map(({ tool: [attempts] }) => ({ asked: 0, attempt: 0, attempts }));
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

/** What the retried calls say together; where none was retried, the calls of the tool, as far as they failed. */
function insightOf(tool: Calls, agents: Calls): PlantedInsight[] {
  if (tool.failed_attempts === 0) return [];
  const retried = [tool, agents].filter((calls) => calls.retried_operations > 0);
  const told = retried.length > 0 ? retried : [tool];
  const total = (name: keyof Calls) => sum(told.map((calls) => calls[name]));
  const numbers = {
    logical_operations: total('logical_operations'),
    attempts: total('attempts'),
    retried_operations: total('retried_operations'),
    failed_attempts: total('failed_attempts'),
    amplification: total('attempts') / total('logical_operations'),
    gave_up: total('gave_up'),
  };
  return [{ kind: 'retries', found: retried.length > 0, numbers }];
}

/**
 * Retry storm (design §5): at least 5 retried calls and 1.05 attempts a call. The first attempts queue like any fan-out,
 * since retries line up behind them; where half of the attempts are retries, the queue is the storm's symptom. Behind
 * agents each call has a parent of its own: no fan-out. Where agents are retried above a storm at the tool, they are its
 * symptom: nothing else makes them fail.
 */
export function retryTruth(parameters: RetryParameters, mesh: Mesh): GroundTruth {
  const { max_retries, agent_retries } = parameters;
  const outcomes = outcomesOf(parameters);
  const gaveUp = outcomes.filter((outcome) => outcome.gaveUp).length;
  const byAgent = outcomes.flatMap((outcome) => outcome.tool);
  // Every attempt at an agent but the last of a call failed, since the tool did to the end.
  const failedAgents = byAgent.length - outcomes.length + gaveUp;
  const tool = tally(byAgent, failedAgents, max_retries);
  const agents = tally(
    outcomes.map((outcome) => outcome.tool.length),
    gaveUp,
    agent_retries,
  );
  const insights = insightOf(tool, agents);
  const storm = (calls: Calls, caller: string, callee: string, layers: Record<string, number>) => ({
    kind: 'retry_storm' as const,
    agent: agentOf(mesh, caller),
    callee,
    numbers: { ...calls, amplification: amplificationOf(calls), ...layers },
  });
  const layers = {
    layers: agents.retried_operations > 0 ? 2 : 1,
    total_amplification: amplificationOf(tool) * amplificationOf(agents),
  };
  if (agent_retries === 0) {
    const storms = isStorm(tool) ? [storm(tool, 'caller', 'flaky', layers)] : [];
    const queued = storms.length > 0 && amplificationOf(tool) >= 2 ? [] : queueOf(parameters, outcomes, mesh);
    return { failures: [...storms, ...queued], insights };
  }
  if (isStorm(tool)) return { failures: [storm(tool, 'fetcher', 'flaky', layers)], insights };
  const alone = { layers: 1, total_amplification: amplificationOf(agents) };
  return { failures: isStorm(agents) ? [storm(agents, 'caller', 'fetcher', alone)] : [], insights };
}

function queueOf(parameters: RetryParameters, outcomes: readonly Outcome[], mesh: Mesh): PlantedFailure[] {
  const { fanout, concurrency: slots, delay_ms } = parameters;
  const call = callMs(delay_ms);
  return collapseOf({
    agent: agentOf(mesh, 'planner'),
    callee: 'flaky',
    service: new Array<number>(fanout).fill(call),
    slots,
    makespan: lastEnd(outcomes, call, slots),
  });
}
