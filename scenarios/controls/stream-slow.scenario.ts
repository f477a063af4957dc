import type { Scenario } from '../scenario.ts';

/** A slow model is not starved: nothing runs beside it. */
export const scenario: Scenario = {
  name: 'slow-stream',
  about: 'a slow token stream, 400 ms a chunk, with nothing beside it',
  parameters: { scenario: 'stream', duration_s: 8, interval_ms: 400 },
  expects: [],
  roots: {},
  insights: [{ kind: 'stream', found: false }],
};
