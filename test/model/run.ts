/** One run of the production code on the model, with or without crashes. */
import { type ConfiguredDetectors, configureDetectors } from '#processors/detectors/registry.ts';
import { CONFIG, Installation, PARTITIONS, topicOf } from './installation.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { type AnalysisOf, rememberedAnalysis } from './stage1.ts';
import { type Workload, workloadOf } from './workload.ts';
import { type Fate, type Point, World } from './world.ts';

export interface Variant {
  readonly seed: number;
  /** Processors and sinks. */
  readonly members: number;
  readonly detectors?: ConfiguredDetectors;
  readonly analysisOf?: AnalysisOf;
  readonly workload?: Workload;
  /** A log that says it has what it has not: to see that the comparison finds it. */
  readonly acknowledgesEarly?: boolean;
}

export interface Ran {
  readonly points: readonly Point[];
  readonly outcome: Outcome;
  readonly installation: Installation;
}

const analysis = rememberedAnalysis();
const configured = configureDetectors(CONFIG.ATI_DETECTORS);
if (!configured.ok) throw new Error(configured.message);
export const { detectors } = configured;

/** Throws what the run did wrong by itself: a process that failed, two values for one revision. */
export async function run(variant: Variant, fates: ReadonlyMap<number, Fate> = new Map()): Promise<Ran> {
  const { seed, members } = variant;
  const world = new World(seed, fates);
  const installation = new Installation(world, {
    members,
    acknowledgesEarly: variant.acknowledgesEarly ?? false,
    detectors: variant.detectors ?? detectors,
    analysisOf: variant.analysisOf ?? analysis,
  });
  const { spans } = variant.workload ?? workloadOf(seed, PARTITIONS);
  for (const [partition, records] of spans.entries())
    installation.log.append(topicOf('spans'), partition, records, 0);
  installation.start();
  await world.quiet();
  if (world.faults.length > 0) throw new Error(world.faults.join('\n'));
  return { points: world.points, outcome: outcomeOf(installation), installation };
}
