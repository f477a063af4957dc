import type { Scenario } from '../scenario.ts';

/** A deep chain that costs nobody any time. */
export const scenario: Scenario = {
  name: 'fast-chain',
  about: '60 agents wait for one another, 1 ms each',
  parameters: { scenario: 'chain', depth: 60, delay_ms: 1 },
  expects: [],
  roots: {},
  insights: [],
};
