/** A run of the model disturbed at every point, one run for each, and compared with the undisturbed one. */
import { Random, seedBytes } from '#producers/agents/virtual/random.ts';
import { analysisThatFails, detectorsThatFail } from '../model/faulty.ts';
import { differences } from '../model/outcome.ts';
import { detectors, run, type Variant } from '../model/run.ts';
import type { Fate, Point } from '../model/world.ts';

/** What happens to which points of a run. */
export type Plan = ReadonlyMap<number, Fate>;

export interface Sweep {
  readonly name: string;
  readonly variant: Variant;
  plansFor(points: readonly Point[]): Plan[];
}

export interface Dirty {
  readonly sweep: string;
  readonly seed: number;
  readonly plan: Plan;
  /** What was not as in the undisturbed run. */
  readonly why: readonly string[];
}

export interface Swept {
  readonly plans: number;
  readonly dirty: readonly Dirty[];
}

const each =
  (...fates: readonly Fate[]) =>
  (points: readonly Point[]): Plan[] =>
    points.flatMap(({ index }) => fates.map((fate) => new Map([[index, fate]])));

/** One processor and one sink: each dies once at each point. */
export const crashes = (seed: number): Sweep => ({
  name: 'a crash before and after each produce, commit, write and assignment',
  variant: { seed, members: 1 },
  plansFor: each('before', 'after'),
});

/** Two of each, so that others hold partitions meanwhile. */
export const stalls = (seed: number): Sweep => ({
  name: 'a stop for longer than the session at each point, with a former owner that wakes up',
  variant: { seed, members: 2 },
  plansFor: each('stall'),
});

export const bugs = (seed: number): Sweep => ({
  name: 'detectors and an analysis that throw, and a crash at each point',
  variant: {
    seed,
    members: 1,
    detectors: detectorsThatFail(detectors),
    analysisOf: analysisThatFails(`${seed} 0`),
  },
  plansFor: each('before', 'after'),
});

const FATES: readonly Fate[] = ['before', 'after', 'stall'];

/** Two by chance, of any kind; the second may hit what recovers from the first. */
export const pairs = (seed: number, count: number): Sweep => ({
  name: 'two of them at random',
  variant: { seed, members: 2 },
  plansFor(points) {
    const random = new Random(seedBytes('pairs', seed));
    const pick = (n: number) => Math.floor(random.between(0, n));
    return Array.from({ length: count }, () => {
      const first = pick(points.length);
      const second = first + 1 + pick(40);
      return new Map([first, second].map((index) => [index, FATES[pick(FATES.length)]]));
    });
  },
});

/** `onPlan` is told of each plan when it is through. */
export async function sweepThrough(sweep: Sweep, onPlan: () => void = () => {}): Promise<Swept> {
  const { name, variant } = sweep;
  const expected = await run(variant);
  const plans = sweep.plansFor(expected.points);
  const dirty: Dirty[] = [];
  for (const plan of plans) {
    const why = await differencesUnder(sweep, plan, expected.outcome);
    if (why.length > 0) dirty.push({ sweep: name, seed: variant.seed, plan, why });
    onPlan();
  }
  return { plans: plans.length, dirty };
}

async function differencesUnder(
  { variant }: Sweep,
  plan: Plan,
  expected: Parameters<typeof differences>[0],
): Promise<string[]> {
  try {
    return differences(expected, (await run(variant, plan)).outcome);
  } catch (error) {
    // A process that failed by itself, or two values for one revision: what the run did wrong, with the plan beside it.
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** For people: what was done to the run, and what came of it. */
export function toldOf({ sweep, seed, plan, why }: Dirty): string {
  const done = [...plan].map(([point, fate]) => `${fate} at point ${point}`).join(', ');
  const more = why.length > 3 ? `\n    and ${why.length - 3} more` : '';
  return `seed ${seed}, ${done} (${sweep}):\n    ${why.slice(0, 3).join('\n    ')}${more}`;
}
