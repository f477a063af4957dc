import type { Scenario } from './scenario.ts';

/** As many slots as calls: nothing queues, so nothing may be found. */
export const control: Scenario = {
  name: 'control',
  about: 'healthy: 20 calls on 20 slots',
  endpoint: '/run',
  parameters: { scenario: 'fanout', fanout: 20, concurrency: 20 },
  expects: [],
  roots: {},
};
