import type { Scenario } from '../scenario.ts';

/** One slow tool call in a loop: the step is slow, the count is not to blame. */
export const scenario: Scenario = {
  name: 'slow-step-react',
  about: 'ten rounds, one of them with a tool twelve times as slow',
  parameters: { scenario: 'react', max_steps: 10, delay_ms: 80, slow_factor: 12 },
  expects: [],
  roots: {},
  insights: [{ kind: 'steps', found: true }],
};
