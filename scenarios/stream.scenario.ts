import type { Scenario } from './scenario.ts';

/** 150 background calls take the slots that the token stream needs: it stalls for seconds. They queue, too. */
export const scenario: Scenario = {
  name: 'stream',
  about: 'a token stream beside 150 background calls',
  parameters: { scenario: 'stream', duration_s: 20, tool_delay_ms: 400, background_fanout: 150 },
  expects: ['starvation', 'fanout_collapse'],
  roots: { starvation: 'writer', fanout_collapse: 'planner' },
  insights: [{ kind: 'stream', found: true }],
};
