import type { Scenario } from '../scenario.ts';

/** Nine calls on three slots queue, but nine is no fan-out. */
export const scenario: Scenario = {
  name: 'narrow-fanout',
  about: '9 calls on 3 slots',
  parameters: { scenario: 'fanout', fanout: 9, concurrency: 3, delay_ms: 80 },
  expects: [],
  roots: {},
  insights: [{ kind: 'straggler', found: false }],
};
