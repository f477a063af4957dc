import type { Scenario } from './scenario.ts';

/** 150 background calls take the slots that the token stream needs: it stalls for seconds. */
export const stream: Scenario = {
  name: 'stream',
  about: 'a token stream beside 150 background calls',
  endpoint: '/stream',
  parameters: { duration_s: 20, tool_delay_ms: 400, background_fanout: 150 },
  // 150 calls on 20 slots queue: whether the planner's fan-out collapses as well is decided by its own rule.
  expects: ['starvation', 'fanout_collapse'],
  roots: { starvation: 'writer', fanout_collapse: 'planner' },
};
