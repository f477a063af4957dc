import type { Scenario } from '../scenario.ts';

/** The diamond with branches that end together. */
export const scenario: Scenario = {
  name: 'even-dag',
  about: 'fork and join of branches that end together',
  parameters: { scenario: 'dag', fanout: 100, delay_ms: 80, slow_factor: 1 },
  live: { fanout: 20 },
  expects: [],
  roots: {},
  insights: [
    { kind: 'straggler', found: false },
    { kind: 'critical_path', found: false },
  ],
};
