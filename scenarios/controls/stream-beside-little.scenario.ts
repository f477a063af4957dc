import type { Scenario } from '../scenario.ts';

/** Background work that leaves slots free takes nothing from the stream. */
export const scenario: Scenario = {
  name: 'shared-stream',
  about: 'a token stream beside 10 background calls on 20 slots',
  parameters: { scenario: 'stream', duration_s: 8, background_fanout: 10 },
  expects: [],
  roots: {},
  insights: [{ kind: 'stream', found: false }],
};
