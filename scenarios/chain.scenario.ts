import type { Scenario } from './scenario.ts';

/** 60 agents that wait for one another: no call is slow, the sum is. */
export const scenario: Scenario = {
  name: 'chain',
  about: '60 agents wait for one another, 80 ms each',
  parameters: { scenario: 'chain', depth: 60, delay_ms: 80 },
  expects: ['blocking_chain'],
  roots: { blocking_chain: 'agent-*' },
  insights: [{ kind: 'chain', found: true }],
};
