import type { Scenario } from './scenario.ts';

/** A fork of 100 branches whose join waits for one that takes five times as long: 99 merely waited. */
export const dag: Scenario = {
  name: 'dag',
  about: 'fork and join: one of 100 branches takes five times as long',
  parameters: { scenario: 'dag', fanout: 100, delay_ms: 80 },
  expects: [],
  roots: {},
  insights: [
    { kind: 'straggler', found: true },
    { kind: 'critical_path', found: true },
  ],
};
