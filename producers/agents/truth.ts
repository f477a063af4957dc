import type { FindingKind, InsightKind } from '#schemas/events.ts';
import type { ScenarioParameters } from './agent-app/parameters.ts';
import { chainTruth } from './truth/chain.ts';
import { dagTruth } from './truth/dag.ts';
import { fanoutTruth } from './truth/fanout.ts';
import { humanTruth } from './truth/human.ts';
import type { Mesh } from './truth/ideal.ts';
import { ragTruth } from './truth/rag.ts';
import { reactTruth } from './truth/react.ts';
import { retryTruth } from './truth/retry.ts';
import { streamTruth } from './truth/stream.ts';

/** A failure that a run's parameters plant. */
export interface PlantedFailure {
  readonly kind: FindingKind;
  /** The agent that is its root, with the mesh's prefix, before normalisation. */
  readonly agent: string;
  /** What it calls: the tool's or agent's name. */
  readonly callee: string;
  /** What must be found there, from the parameters: offered_width, concurrency, depth, retried_calls … */
  readonly numbers: Readonly<Record<string, number>>;
}

/** An answer that an insight must give about a run. */
export interface PlantedInsight {
  readonly kind: InsightKind;
  readonly found: boolean;
  readonly numbers: Readonly<Record<string, number>>;
}

/**
 * What is true of a run, worked out from its parameters and seed by the definitions of docs/design.md §5: never from what
 * a detector said.
 */
export interface GroundTruth {
  readonly failures: readonly PlantedFailure[];
  readonly insights: readonly PlantedInsight[];
}

/**
 * What a run of these parameters must show. Times are ideal, without what chance adds: near a threshold the definition
 * decides. The same for the live agents and the generator.
 */
export function groundTruth(parameters: ScenarioParameters, mesh: Mesh): GroundTruth {
  switch (parameters.scenario) {
    case 'fanout':
      return fanoutTruth(parameters, mesh);
    case 'chain':
      return chainTruth(parameters, mesh);
    case 'retry':
      return retryTruth(parameters, mesh);
    case 'dag':
      return dagTruth(parameters);
    case 'react':
      return reactTruth(parameters);
    case 'human':
      return humanTruth(parameters);
    case 'rag':
      return ragTruth(parameters);
    case 'stream':
      return streamTruth(parameters, mesh);
  }
}
