/**
 * What a run's seed decides, and the constants of its shape: the workflows act by these, the ground truth is worked out
 * from them.
 */
import { unit } from '../seeded.ts';
import type { DagParameters, FanoutParameters, ReactParameters, RetryParameters } from './parameters.ts';

/** A model call takes this share of `delay_ms`. */
export const CHAT_SHARE = 0.5;
/** The first back-off of a retry; each further one doubles. */
export const BACKOFF_MS = 50;
/** The stream's chunks and the background calls share these slots, first in first out: chunks starve for real. */
export const SHARED_SLOTS = 20;
/** The background work starts after this share of the stream, so that its undisturbed pace can be seen. */
export const BACKGROUND_START = 0.2;

/** One number a choice, so that choices of one seed do not hang together. */
const STRAGGLER = 1;
const SLOW_BRANCH = 2;
const STEPS = 3;
const SLOW_STEP = 4;

const pick = (seed: number, choice: number, from: number) => Math.floor(unit(seed, choice) * from);

/** The call (from 0) that takes `straggler_factor` times the delay; undefined: none does. */
export function stragglerCall(parameters: FanoutParameters): number | undefined {
  return parameters.straggler_factor > 1 ? pick(parameters.seed, STRAGGLER, parameters.fanout) : undefined;
}

/** The branch (from 0) that takes `slow_factor` times the delay; undefined: none does. */
export function slowBranch(parameters: DagParameters): number | undefined {
  return parameters.slow_factor > 1 ? pick(parameters.seed, SLOW_BRANCH, parameters.fanout) : undefined;
}

/** How many steps the loop takes, from `min_steps` to `max_steps`. */
export function stepCount(parameters: ReactParameters): number {
  const { min_steps, max_steps, seed } = parameters;
  return min_steps + pick(seed, STEPS, max_steps - min_steps + 1);
}

/** The step (from 0) whose tools take `slow_factor` times the delay; undefined: none does. */
export function slowStep(parameters: ReactParameters): number | undefined {
  return parameters.slow_factor > 1 ? pick(parameters.seed, SLOW_STEP, stepCount(parameters)) : undefined;
}

/** Which chance of a call decides on the agent's `attempt`-th try of its tool, in its caller's `agentAttempt`-th of it. */
export function agentChance(
  { max_retries }: Pick<RetryParameters, 'max_retries'>,
  agentAttempt: number,
  attempt: number,
): number {
  return agentAttempt * (max_retries + 1) + attempt;
}
