import type { ScenarioName, ScenarioParameters } from '#producers/agents/agent-app/parameters.ts';
import { completed } from '#producers/agents/virtual/parameters.ts';
import type { Chance } from '../chance.ts';
import { type Circumstances, type Known, knownOf } from '../truth/decided.ts';

/** Parameters of a workflow, of which the agent app fills in the rest. */
export type Values = { readonly scenario: ScenarioName } & Readonly<Record<string, string | number>>;

/** One trace of the corpus. */
export interface RunPlan {
  /** carrier: a trace of a failure that only several traces show together. */
  readonly group: 'planted' | 'control' | 'carrier';
  /** The pattern's, mix's or control's. */
  readonly name: string;
  /** One workflow, or several below one root. */
  readonly parts: readonly ScenarioParameters[];
  /** Several: at the same time, or one after the other. */
  readonly beside: boolean;
  /** Up to which share of its time a tool call takes longer than asked. */
  readonly spread: number;
}

/** How much the times of calls scatter: a machine at rest mostly, sometimes a busy one. */
const SPREADS = [0.03, 0.03, 0.03, 0.15, 0.15, 0.4];
export const drawSpread = (chance: Chance): number => chance.oneOf(SPREADS);

const MOST_DRAWS = 500;

/** The values completed, with a seed of chance; throws where they are wrong: the corpus' own fault. */
export function complete(values: Values, chance: Chance): ScenarioParameters {
  const seed = chance.seed();
  return completed({ ...values, seed }, seed);
}

export interface Drawn {
  readonly parameters: ScenarioParameters;
  readonly spread: number;
}

/** Draws until the definitions say of a run what is wanted; throws where they hardly ever do. */
export function drawUntil(
  chance: Chance,
  draw: () => Values,
  wanted: (known: Known, parameters: ScenarioParameters) => boolean,
  given: Partial<Circumstances> = {},
): Drawn {
  for (let i = 0; i < MOST_DRAWS; i++) {
    const spread = given.spread ?? drawSpread(chance);
    const parameters = complete(draw(), chance);
    const known = knownOf(parameters, { agentPrefix: '' }, { spread, lossy: given.lossy ?? false });
    if (wanted(known, parameters)) return { parameters, spread };
  }
  throw new Error(`no draw of ${MOST_DRAWS} is what the corpus wants of ${JSON.stringify(draw())}`);
}
