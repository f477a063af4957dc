import type { Scenario } from '../scenario.ts';

/** Two tools a round are no fan-out. */
export const scenario: Scenario = {
  name: 'two-tools-react',
  about: 'ten rounds of two tools',
  parameters: { scenario: 'react', max_steps: 10, delay_ms: 80, tools_per_step: 2 },
  expects: [],
  roots: {},
  insights: [{ kind: 'steps', found: true }],
};
