import type { FindingKind, InsightKind } from '#schemas/events.ts';

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
