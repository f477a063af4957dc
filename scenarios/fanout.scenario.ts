import type { Scenario } from './scenario.ts';

/** 100 workers at once on 20 slots: each call takes 80 ms, the last one starts after 320 ms of waiting. */
export const scenario: Scenario = {
  name: 'fanout',
  about: 'a planner offers 100 calls to 20 slots',
  parameters: { scenario: 'fanout', fanout: 100, concurrency: 20, delay_ms: 80 },
  expects: ['fanout_collapse'],
  roots: { fanout_collapse: 'planner' },
  insights: [{ kind: 'straggler', found: false }],
};
