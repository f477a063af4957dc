import type { Scenario } from '../scenario.ts';

/** The retrying workflow with a tool that works. */
export const scenario: Scenario = {
  name: 'no-retries',
  about: '20 calls of a tool that works, ready to retry',
  parameters: { scenario: 'retry', fanout: 20, concurrency: 20, delay_ms: 80, error_rate: 0, max_retries: 3 },
  expects: [],
  roots: {},
  insights: [],
};
