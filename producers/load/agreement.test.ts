import { expect, test } from 'vitest';
import type { FindingKind } from '#schemas/events.ts';
import { agrees, compare, incidentsOf, plantedIn, type RootFinding } from './agreement.ts';

const finding = (kind: FindingKind, agent = 'planner', incidentId = `${kind}-${agent}`): RootFinding => ({
  kind,
  agent,
  callee: 'tool_call search',
  incidentId,
});
const STORM = finding('retry_storm', 'caller');
const COLLAPSE = finding('fanout_collapse');

test('what agrees: the same kinds, however often', () => {
  expect(agrees([], [])).toBe(true);
  expect(agrees(['retry_storm', 'fanout_collapse'], [COLLAPSE, STORM, STORM])).toBe(true);
  expect(agrees(['retry_storm'], [])).toBe(false);
  expect(agrees([], [STORM])).toBe(false);
  expect(agrees(['fanout_collapse'], [STORM])).toBe(false);
});

test('planted, found, missed and unplanted are counted in traces', () => {
  const planted = new Map<string, FindingKind[]>([
    ['a', ['retry_storm']],
    ['b', ['retry_storm', 'fanout_collapse']],
    ['c', []],
    ['not arrived', ['fanout_collapse']],
  ]);
  const found = new Map([
    ['a', [STORM, STORM]],
    ['b', [COLLAPSE]],
    ['c', [finding('starvation', 'writer')]],
  ]);
  expect(compare(planted, found)).toEqual([
    { kind: 'fanout_collapse', planted: 2, found: 1, unplanted: 0 },
    { kind: 'retry_storm', planted: 2, found: 1, unplanted: 0 },
    { kind: 'starvation', planted: 0, found: 0, unplanted: 1 },
  ]);
  expect(compare(new Map([['a', []]]), new Map([['a', []]]))).toEqual([]);
});

test('a load without a trace (all failed) plants nothing', () => {
  const failed = { scenario: 'rag', latencyMs: 1, error: 'HTTP 502', planted: [] };
  expect(plantedIn([failed, { ...failed, traceId: 'a', planted: ['starvation'] }])).toEqual(
    new Map([['a', ['starvation']]]),
  );
});

test('incidents: each with the number of traces that show it, and its state', () => {
  const found = new Map([
    ['a', [STORM, STORM]],
    ['b', [STORM, COLLAPSE]],
    ['c', []],
  ]);
  const states = new Map([[STORM.incidentId, 'open']]);
  expect(incidentsOf(found, states)).toEqual([
    { ...STORM, traces: 2, state: 'open' },
    { ...COLLAPSE, traces: 1, state: 'none' },
  ]);
});
