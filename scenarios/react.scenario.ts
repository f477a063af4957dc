import type { Scenario } from './scenario.ts';

/** One agent that reasons, acts and observes ten times: its length is its number of steps. */
export const scenario: Scenario = {
  name: 'react',
  about: 'one agent reasons, acts and observes ten times',
  parameters: { scenario: 'react', max_steps: 10, delay_ms: 80 },
  expects: [],
  roots: {},
  insights: [{ kind: 'steps', found: true }],
};
