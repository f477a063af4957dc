import type { Scenario } from './scenario.ts';

/** One call in ten fails and is tried again. Its 100 calls on 20 slots truly queue, too: both are expected. */
export const scenario: Scenario = {
  name: 'retry',
  about: 'a flaky tool: 10 % of 100 calls fail and are retried',
  parameters: {
    scenario: 'retry',
    fanout: 100,
    concurrency: 20,
    delay_ms: 80,
    error_rate: 0.1,
    max_retries: 3,
  },
  expects: ['retry_storm', 'fanout_collapse'],
  roots: { retry_storm: 'caller', fanout_collapse: 'planner' },
  insights: [{ kind: 'retries', found: true }],
};
