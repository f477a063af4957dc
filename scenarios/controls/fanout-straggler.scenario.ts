import type { Scenario } from '../scenario.ts';

/** One slow call among twenty that all have a slot: a straggler, and no collapse. */
export const scenario: Scenario = {
  name: 'straggler',
  about: '20 calls on 20 slots, one of them eight times as slow',
  parameters: { scenario: 'fanout', fanout: 20, concurrency: 20, delay_ms: 80, straggler_factor: 8 },
  expects: [],
  roots: {},
  insights: [{ kind: 'straggler', found: true }],
};
