import type { Scenario } from '../scenario.ts';

/** A person who takes his time: nobody is to blame. */
export const scenario: Scenario = {
  name: 'long-human',
  about: "a pause of 15 seconds for a person's answer",
  parameters: { scenario: 'human', human_delay_s: 15 },
  expects: [],
  roots: {},
  insights: [{ kind: 'human', found: true }],
};
