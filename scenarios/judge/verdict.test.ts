import { expect, test } from 'vitest';
import type { Finding, Insight, InsightKind } from '#schemas/events.ts';
import { scenario as healthy } from '../controls/fanout-on-enough-slots.scenario.ts';
import { scenario as dag } from '../dag.scenario.ts';
import { scenario as fanout } from '../fanout.scenario.ts';
import { judge, type TraceAnswer } from './verdict.ts';

const OPEN = '0'.repeat(32);
const open = new Set([OPEN]);
const none = new Set<string>();
const finding = (kind: Finding['kind'], agent = 'planner'): Finding => ({
  kind,
  incidentId: OPEN,
  severity: 'warning',
  agent,
  operation: 'planner',
  signature: 's',
  root: true,
  evidence: [],
  timeline: [],
  explanation: '',
  recommendations: [],
  explains: [],
  explainedBy: '',
});
const trace = (...findings: Finding[]): TraceAnswer => ({
  traceId: '1'.repeat(32),
  summary: { spanCount: 3, durationMs: 10 },
  findings,
  insights: [insight('straggler', false)],
});
const insight = (kind: InsightKind, found: boolean): Insight => ({
  kind,
  found,
  agent: 'planner',
  operation: 'worker',
  answer: 'because',
  evidence: [],
  timeline: [],
});

test('what was planted was found, with its root', () => {
  const verdict = judge(fanout, trace(finding('fanout_collapse')), open);
  expect(verdict.faults).toEqual([]);
  expect(verdict.found).toEqual([finding('fanout_collapse')]);
});

test('a silent control is right', () => {
  expect(judge(healthy, trace(), none).faults).toEqual([]);
});

test('an incident that is missing, not open, of another root, or false is a fault', () => {
  expect(judge(fanout, trace(), open).faults).toEqual(['fanout_collapse was not found']);
  expect(judge(fanout, trace(finding('fanout_collapse')), none).faults).toEqual([
    'fanout_collapse was not found',
  ]);
  expect(judge(fanout, trace(finding('fanout_collapse', 'writer')), open).faults).toEqual([
    'fanout_collapse names writer as its root, not planner',
  ]);
  expect(judge(healthy, trace(finding('retry_storm')), open).faults).toEqual([
    'retry_storm was found and is false',
  ]);
});

test('a trace that never arrived is a fault, also for the control', () => {
  expect(judge(healthy, undefined, none).faults).toEqual(['the trace did not arrive']);
  expect(judge(healthy, { ...trace(), summary: null }, none).faults).toEqual(['the trace did not arrive']);
});

test('a mesh has its own agents', () => {
  const found = trace(finding('fanout_collapse', 'second-planner'));
  expect(judge(fanout, found, open, 'second').faults).toEqual([]);
  expect(judge(fanout, found, open).faults).toEqual([
    'fanout_collapse names second-planner as its root, not planner',
  ]);
});

test('a question that is not answered, or answered wrongly, is a fault', () => {
  const answers = (...insights: Insight[]) => judge(dag, { ...trace(), insights }, none).faults;
  expect(answers(insight('straggler', true), insight('critical_path', true))).toEqual([]);
  expect(answers(insight('straggler', false))).toEqual([
    'straggler is answered with no',
    'nothing is said about critical_path',
  ]);
});
