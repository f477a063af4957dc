import { expect, test } from 'vitest';
import { control } from '../control.ts';
import { fanout } from '../fanout.ts';
import { type IncidentAnswer, judge, type TraceAnswer } from './verdict.ts';

const incident = (kind: IncidentAnswer['kind'], agent: string): IncidentAnswer => ({
  incidentId: '0'.repeat(32),
  state: 'open',
  kind,
  severity: 'warning',
  agent,
  operation: 'planner',
  evidence: [],
  explanation: '',
  recommendations: [],
});
const trace = (...kinds: IncidentAnswer['kind'][]): TraceAnswer => ({
  traceId: '1'.repeat(32),
  summary: { spanCount: 3, durationMs: 10 },
  findings: kinds.map((kind) => ({
    ...incident(kind, 'planner'),
    severity: 'warning' as const,
    signature: 's',
    root: true,
    timeline: [],
  })),
});

test('what was planted was found, with its root', () => {
  expect(judge(fanout, trace('fanout_collapse'), [incident('fanout_collapse', 'planner')]).faults).toEqual(
    [],
  );
});

test('a silent control is right', () => {
  expect(judge(control, trace(), []).faults).toEqual([]);
});

test('an incident that is missing, of another root, or false is a fault', () => {
  expect(judge(fanout, trace(), []).faults).toEqual(['fanout_collapse was not found']);
  expect(judge(fanout, trace('fanout_collapse'), [incident('fanout_collapse', 'writer')]).faults).toEqual([
    'fanout_collapse names writer as its root, not planner',
  ]);
  expect(judge(control, trace('retry_storm'), []).faults).toEqual(['retry_storm was found and is false']);
});

test('a trace that never arrived is a fault, also for the control', () => {
  expect(judge(control, undefined, []).faults).toEqual(['the trace did not arrive']);
  const open = { ...trace(), summary: null };
  expect(judge(control, open, []).faults).toEqual(['the trace did not arrive']);
});
