import type { Scenario } from './scenario.ts';

/** A fork whose join waits for one branch that takes five times as long: the others merely waited. */
export const scenario: Scenario = {
  name: 'dag',
  about: 'fork and join: one branch takes five times as long',
  parameters: { scenario: 'dag', fanout: 100, delay_ms: 80 },
  // 100 requests at once cost a small machine as much time as the slow branch takes; so does other work on it at 80 ms.
  live: { fanout: 20, delay_ms: 250 },
  expects: [],
  roots: {},
  insights: [
    { kind: 'straggler', found: true },
    { kind: 'critical_path', found: true },
  ],
};
