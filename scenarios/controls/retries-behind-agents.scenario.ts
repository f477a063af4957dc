import type { Scenario } from '../scenario.ts';

/** Two layers may retry, but hardly anything fails: what retries are for, at either of them. */
export const scenario: Scenario = {
  name: 'rare-layers',
  about: '1 % of 100 calls fail; an agent retries its tool, and would be retried itself',
  parameters: {
    scenario: 'retry',
    fanout: 100,
    concurrency: 100,
    delay_ms: 80,
    error_rate: 0.01,
    max_retries: 1,
    agent_retries: 2,
  },
  expects: [],
  roots: {},
  insights: [],
};
