import type { Scenario } from '../scenario.ts';

/** One call in a hundred fails and is tried again: what retries are for. */
export const scenario: Scenario = {
  name: 'rare-retries',
  about: '1 % of 100 calls fail and are retried; a slot for each',
  parameters: {
    scenario: 'retry',
    fanout: 100,
    concurrency: 100,
    delay_ms: 80,
    error_rate: 0.01,
    max_retries: 3,
  },
  expects: [],
  roots: {},
  insights: [],
};
