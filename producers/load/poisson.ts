import { unit } from '../agents/seeded.ts';
import { levelAt, type Stage } from './level.ts';

/**
 * Arrival times (s) of a Poisson process whose rate follows the stages, by thinning (Lewis and Shedler 1979): candidates
 * come at the greatest rate, each is kept with probability rate(t) / greatest. The same seed gives the same times.
 */
export function poissonTimes(
  stages: readonly Stage[],
  steps: boolean,
  durationS: number,
  seed: number,
): number[] {
  const greatest = Math.max(...stages.map(({ value }) => value));
  if (greatest === 0) return [];
  const times: number[] = [];
  let at = 0;
  for (let draw = 0; ; draw++) {
    at += -Math.log(1 - unit(seed, draw, 0)) / greatest;
    if (at >= durationS) return times;
    if (unit(seed, draw, 1) * greatest < levelAt(stages, steps, at)) times.push(at);
  }
}
