/** Ours and the peers through the same stage of the same corpus: what detect, sink and end-to-end share. */
import type { BenchContext, CaseResult } from '../case.ts';
import { interleave, type Rounds } from '../rounds.ts';
import { type Contestant, type Ground, PipelineBench, type RunCost } from './bench.ts';
import { countedMicros } from './costs.ts';
import { type Input, writeInputs } from './inputs.ts';
import { corpusOf } from './log.ts';
import { type Truth, truthOf } from './truth.ts';
import { INPUT_OF, type Peer, type Stage, startVariant, type Variant } from './variants.ts';

export interface Comparison<Name extends string> {
  readonly bench: PipelineBench;
  readonly truth: Truth;
  readonly rounds: Rounds<Name, RunCost>;
}

export interface ComparisonPlan<Name extends string> {
  readonly spans: number;
  readonly variants: readonly Name[];
  readonly baseline: Name;
  readonly inputs: readonly Input[];
  contestant(name: Name, bench: PipelineBench, truth: Truth): Contestant;
}

/** Writes the logs, runs the rounds, hands the result to `report` while broker and engine still run. */
export async function compare<Name extends string>(
  context: BenchContext,
  plan: ComparisonPlan<Name>,
  report: (comparison: Comparison<Name>) => Promise<CaseResult> | CaseResult,
): Promise<CaseResult> {
  const corpus = corpusOf(plan.spans);
  context.progress('what must come out: both stages in memory');
  const truth = truthOf(corpus);
  const bench = await PipelineBench.start(context, corpus);
  try {
    context.progress(`the logs: ${plan.inputs.join(', ')}`);
    await writeInputs(bench.broker.kafka, corpus, plan.inputs);
    const contestants = new Map(plan.variants.map((name) => [name, plan.contestant(name, bench, truth)]));
    const rounds = await interleave<Name, RunCost>(context, {
      variants: plan.variants,
      baseline: plan.baseline,
      run: (name) => bench.run(contestants.get(name) as Contestant),
      cost: (run) => countedMicros(run, truth.spans),
    });
    return await report({ bench, truth, rounds });
  } finally {
    await bench.stop();
  }
}

/** The logs that these variants need beside the one that each of our runs has for itself. */
export const inputsOf = (variants: readonly Variant[], only: readonly string[] | undefined): Input[] =>
  variants
    .filter((each) => each !== 'ati' && (only?.includes(each) ?? true))
    .map((each) => INPUT_OF[each as Peer]);

/** A variant at a stage; what it must produce is said by `progress` and `verify`. */
export function contestantOf(
  variant: Variant,
  stage: Stage,
  bench: PipelineBench,
  work: Pick<Contestant, 'progress' | 'verify'>,
): Contestant {
  return {
    name: variant,
    ownLog: variant === 'ati',
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
