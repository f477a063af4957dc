import type { ScenarioName } from '#producers/agents/agent-app/parameters.ts';
import type { PlantedFailure } from '#producers/agents/truth.ts';
import type { FindingKind, InsightKind } from '#schemas/events.ts';

/** A workflow with a planted failure (or none), and what ATI must and must not say about it. */
export interface Scenario {
  /** Letters and dashes: in virtual time it is the prefix of its mesh's agents. */
  readonly name: string;
  /** One line for people: what goes wrong, and why nobody sees it in the spans. */
  readonly about: string;
  /** Of the agent app, which fills in the rest with its defaults. */
  readonly parameters: { readonly scenario: ScenarioName } & Readonly<Record<string, string | number>>;
  /** In their place where the workflow runs for real, on a machine that has other work too. */
  readonly live?: Readonly<Record<string, string | number>>;
  /** Every kind that must be found; any other kind is a false incident. */
  readonly expects: readonly FindingKind[];
  /** The agent that must be named as the root of each expected kind (without the mesh's prefix). */
  readonly roots: Readonly<Partial<Record<FindingKind, string>>>;
  /**
   * Failures beside those that its parameters plant by docs/design.md §5 (producers/agents/truth.ts): of a kind that the
   * agents' own ground truth does not know.
   */
  readonly plants?: readonly PlantedFailure[];
  /** Questions that must be answered so; the others may be answered either way. */
  readonly insights: readonly { readonly kind: InsightKind; readonly found: boolean }[];
}
