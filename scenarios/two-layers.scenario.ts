import type { Scenario } from './scenario.ts';

/** Callers retry an agent that retries its tool: nobody sees that the two multiply. A slot for each call: nothing queues. */
export const scenario: Scenario = {
  name: 'layers',
  about: 'retries at two layers: callers retry an agent that retries its flaky tool',
  parameters: {
    scenario: 'retry',
    fanout: 100,
    concurrency: 100,
    delay_ms: 80,
    error_rate: 0.5,
    max_retries: 1,
    agent_retries: 2,
  },
  expects: ['retry_storm'],
  roots: { retry_storm: 'fetcher' },
  insights: [{ kind: 'retries', found: true }],
};
