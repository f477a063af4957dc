import type { Scenario } from '../scenario.ts';

/** As many slots as calls: nothing queues. */
export const scenario: Scenario = {
  name: 'control',
  about: 'healthy: 20 calls on 20 slots',
  parameters: { scenario: 'fanout', fanout: 20, concurrency: 20, delay_ms: 80 },
  expects: [],
  roots: {},
  insights: [{ kind: 'straggler', found: false }],
};
