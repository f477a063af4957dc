import type { Scenario } from '../scenario.ts';

/** Ten agents in a row are an ordinary workflow. */
export const scenario: Scenario = {
  name: 'short-chain',
  about: '10 agents wait for one another, 80 ms each',
  parameters: { scenario: 'chain', depth: 10, delay_ms: 80 },
  expects: [],
  roots: {},
  insights: [{ kind: 'chain', found: false }],
};
