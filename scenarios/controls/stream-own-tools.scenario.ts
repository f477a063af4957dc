import type { Scenario } from '../scenario.ts';

/** A stream that waits for its own tool is not starved by others. */
export const scenario: Scenario = {
  name: 'own-tool-stream',
  about: 'a token stream that waits for its own tools',
  parameters: { scenario: 'stream', duration_s: 8, tool_delay_ms: 1500, own_tools: 2 },
  expects: [],
  roots: {},
  insights: [{ kind: 'stream', found: false }],
};
