/** Ours and the peers through the same stage of the same corpus: what detect, sink and end-to-end share. */
import type { BenchContext, CaseResult } from '../case.ts';
import { interleave, type Rounds } from '../rounds.ts';
import { type Contestant, type Ground, PipelineBench, type RunCost } from './bench.ts';
import { countedMicros } from './costs.ts';
import { type Corpora, corporaOf, PHASES, type Phase } from './log.ts';
import { type Counts, type Truth, truthOf } from './truth.ts';
import { INPUTS, type Stage, startVariant, type Variant } from './variants.ts';

export interface Comparison<Name extends string> {
  readonly bench: PipelineBench;
  readonly corpora: Corpora;
  readonly truth: Truth;
  /** Measured: without those that it warmed up on. */
  readonly spans: number;
  readonly rounds: Rounds<Name, RunCost>;
}

export interface ComparisonPlan<Name extends string> {
  /** About so many to warm up on, and to measure. */
  readonly spans: Readonly<Record<Phase, number>>;
  readonly variants: readonly Name[];
  readonly baseline: Name;
  contestant(name: Name, bench: PipelineBench, truth: Truth): Contestant;
}

/** Runs the rounds, hands the result to `report` while broker and engine still run. */
export async function compare<Name extends string>(
  context: BenchContext,
  plan: ComparisonPlan<Name>,
  report: (comparison: Comparison<Name>) => Promise<CaseResult> | CaseResult,
): Promise<CaseResult> {
  const corpora = corporaOf(plan.spans.warm, plan.spans.main);
  context.progress('what must come out: both stages in memory');
  const truth = truthOf(corpora.warm, corpora.main);
  const spans = truth.spans - truth.after[0].spans;
  const bench = await PipelineBench.start(context, corpora);
  try {
    const contestants = new Map(plan.variants.map((name) => [name, plan.contestant(name, bench, truth)]));
    const rounds = await interleave<Name, RunCost>(context, {
      variants: plan.variants,
      baseline: plan.baseline,
      run: (name) => bench.run(contestants.get(name) as Contestant),
      cost: (run) => countedMicros(run, spans),
    });
    return await report({ bench, corpora, truth, spans, rounds });
  } finally {
    await bench.stop();
  }
}

/** What must be there after a phase. */
export const afterPhase = (truth: Truth, phase: Phase): Counts => truth.after[PHASES.indexOf(phase)];

/** A variant at a stage; what it must produce is said by `progress` and `verify`. */
export function contestantOf(
  variant: Variant,
  stage: Stage,
  bench: PipelineBench,
  work: Pick<Contestant, 'progress' | 'verify'>,
): Contestant {
  return {
    name: variant,
    input: INPUTS[variant],
    start: (ground: Ground) => startVariant(variant, stage, bench.at, ground),
    ...work,
  };
}

/** Throws, naming every field that differs. */
export function mustEqual(what: string, found: object, wanted: object): void {
  const wrong = Object.entries(wanted).flatMap(([key, value]) => {
    const is = (found as Record<string, unknown>)[key];
    return is === value ? [] : [`${key} ${String(is)}, not ${String(value)}`];
  });
  if (wrong.length > 0) throw new Error(`${what}: ${wrong.join('; ')}`);
}
