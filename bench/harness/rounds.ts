/**
 * Interleaved rounds: each runs every variant once, in a rotating order, so that what disturbs the machine meets all of
 * them alike. Ratios are taken inside a round.
 *
 * A round whose baseline variant cost over 30 % more or less than the median of all rounds was disturbed: it is void and
 * repeated, at most half as often again as there are rounds.
 */
import { UserError } from '#infra/errors.ts';
import type { BenchContext, Ratio } from './case.ts';
import { median, spread } from './statistics.ts';

export const VOID_BEYOND = 0.3;

export interface Interleaving<Variant extends string, Measure> {
  readonly variants: readonly Variant[];
  /** The variant that tells whether a round was disturbed; the peer, where there is one. Default: the first. */
  readonly baseline?: Variant;
  /** Runs one variant once, in fresh processes, and checks its outputs; throws when they are not what they must be. */
  run(variant: Variant, round: number): Promise<Measure>;
  /** What the baseline is judged by, and `progress` shows: µs of CPU a span, most often. */
  cost(measure: Measure): number;
}

export interface Rounds<Variant extends string, Measure> {
  /** Of the rounds that count, in their order; empty for a variant that this run leaves out. */
  of(variant: Variant): readonly Measure[];
  readonly count: number;
  /** What a reader must know: void rounds. */
  readonly notes: readonly string[];
}

/**
 * Runs the rounds. Rejects with whatever `run` rejects with (a variant that fails or is wrong ends the case), and with
 * a UserError when less than half of the rounds count.
 */
export async function interleave<Variant extends string, Measure>(
  context: Pick<BenchContext, 'rounds' | 'only' | 'progress'>,
  plan: Interleaving<Variant, Measure>,
): Promise<Rounds<Variant, Measure>> {
  const variants = plan.variants.filter((each) => context.only?.includes(each) ?? true);
  if (variants.length === 0) throw new RangeError(`no variant of ${plan.variants.join(', ')} is to run`);
  const baseline = variants.includes(plan.baseline as Variant) ? (plan.baseline as Variant) : variants[0];
  const all: Map<Variant, Measure>[] = [];
  const most = context.rounds + Math.ceil(context.rounds / 2);
  let disturbed: ReadonlySet<number> = new Set();
  while (all.length - disturbed.size < context.rounds && all.length < most) {
    all.push(await oneRound(context, plan, variants, all.length));
    if (all.length >= context.rounds)
      disturbed = voidRounds(all.map((round) => plan.cost(round.get(baseline) as Measure)));
  }
  const kept = all.filter((_, index) => !disturbed.has(index));
  if (kept.length * 2 < context.rounds)
    throw new UserError(
      `${baseline} was over 30 % off its median in ${disturbed.size} of ${all.length} rounds: ` +
        'the machine is too busy to measure anything on it',
    );
  const notes: string[] = [];
  if (disturbed.size > 0) {
    const short = kept.length < context.rounds ? `; ${kept.length} of ${context.rounds} rounds count` : '';
    const were = disturbed.size === 1 ? 'round was' : 'rounds were';
    notes.push(`${disturbed.size} ${were} void: ${baseline} was over 30 % off its median${short}`);
  }
  return {
    of: (variant) => kept.flatMap((round) => (round.has(variant) ? [round.get(variant) as Measure] : [])),
    count: kept.length,
    notes,
  };
}

async function oneRound<Variant extends string, Measure>(
  context: Pick<BenchContext, 'rounds' | 'progress'>,
  plan: Interleaving<Variant, Measure>,
  variants: readonly Variant[],
  index: number,
): Promise<Map<Variant, Measure>> {
  const measures = new Map<Variant, Measure>();
  const at =
    index < context.rounds
      ? `round ${index + 1} of ${context.rounds}`
      : `round ${index + 1} (repeats a void one)`;
  for (let i = 0; i < variants.length; i++) {
    const variant = variants[(index + i) % variants.length];
    context.progress(`${at}: ${variant}`);
    const measure = await plan.run(variant, index);
    measures.set(variant, measure);
    context.progress(`${at}: ${variant} ${plan.cost(measure).toFixed(2)}`);
  }
  return measures;
}

/** Which rounds were disturbed, by the cost of the baseline in each. */
export function voidRounds(costs: readonly number[]): ReadonlySet<number> {
  const middle = median(costs);
  return new Set(costs.flatMap((cost, i) => (Math.abs(cost - middle) > VOID_BEYOND * middle ? [i] : [])));
}

/**
 * `over` / `under` of the same round, by `cost`; none where this run leaves one of them out, so that a case says
 * `ratios: [...ratios(…), ...ratios(…)]`. Put the peer over ours: greater is better, and a baseline watches the low side
 * unless `atMost` says otherwise.
 */
export function ratios<Variant extends string, Measure>(
  name: string,
  rounds: Rounds<Variant, Measure>,
  [over, under]: readonly [Variant, Variant],
  cost: (measure: Measure) => number,
  promise: Pick<Ratio, 'atLeast' | 'atMost'> = {},
): Ratio[] {
  const above = rounds.of(over);
  const below = rounds.of(under);
  if (above.length === 0 || below.length === 0) return [];
  return [{ name, ...spread(above.map((measure, i) => cost(measure) / cost(below[i]))), ...promise }];
}
