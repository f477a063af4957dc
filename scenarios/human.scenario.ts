import type { Scenario } from './scenario.ts';

/** A workflow that pauses for a person: idle, not slow. */
export const scenario: Scenario = {
  name: 'human',
  about: "a pause of one second for a person's answer",
  parameters: { scenario: 'human', human_delay_s: 1 },
  expects: [],
  roots: {},
  insights: [{ kind: 'human', found: true }],
};
