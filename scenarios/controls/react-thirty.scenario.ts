import type { Scenario } from '../scenario.ts';

/** A long loop of one agent is no chain of agents. */
export const scenario: Scenario = {
  name: 'long-react',
  about: 'one agent reasons, acts and observes thirty times',
  parameters: { scenario: 'react', max_steps: 30, delay_ms: 80 },
  expects: [],
  roots: {},
  insights: [{ kind: 'steps', found: true }],
};
