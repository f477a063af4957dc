import type { Scenario } from '../scenario.ts';

/** Half of the calls wait for a whole round of 300 ms: a third of all their time, and no collapse yet. */
export const scenario: Scenario = {
  name: 'two-rounds',
  about: '40 slow calls on 20 slots: a second round, no more',
  parameters: { scenario: 'fanout', fanout: 40, concurrency: 20, delay_ms: 300 },
  expects: [],
  roots: {},
  insights: [{ kind: 'straggler', found: false }],
};
