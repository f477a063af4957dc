import type { Scenario } from '../scenario.ts';

/** The stream with nothing beside it. */
export const scenario: Scenario = {
  name: 'quiet-stream',
  about: 'a token stream with nothing beside it',
  parameters: { scenario: 'stream', duration_s: 8 },
  expects: [],
  roots: {},
  insights: [{ kind: 'stream', found: false }],
};
