import type { FindingKind } from '#schemas/events.ts';

/** A workflow with a planted failure (or none), and what ATI must and must not say about it. */
export interface Scenario {
  readonly name: string;
  /** One line for people: what goes wrong, and why nobody sees it in the spans. */
  readonly about: string;
  readonly endpoint: '/run' | '/stream';
  /** Query parameters; the agent app fills in the rest with its defaults. */
  readonly parameters: Readonly<Record<string, string | number>>;
  /** Every kind that must be found; any other kind is a false incident. */
  readonly expects: readonly FindingKind[];
  /** The agent that must be named as the root of each expected kind. */
  readonly roots: Readonly<Partial<Record<FindingKind, string>>>;
}
