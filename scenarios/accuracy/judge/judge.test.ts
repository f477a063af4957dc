/** Outcomes made by hand: the judge must be able to say that the pipeline is wrong. */
import { expect, test } from 'vitest';
import type { Finding, IncidentEvent, TraceSummary } from '#schemas/events.ts';
import { WINDOW_SERIES } from '../corpus/series.ts';
import type { TenantSpec } from '../corpus/tenants.ts';
import { PROFILES } from '../perturb/profiles.ts';
import type { PlayedTenant, PlayedTrace } from '../play.ts';
import { planOf, START } from '../testing.ts';
import type { Known, Planted } from '../truth/decided.ts';
import { judgeTenant } from './judge.ts';

const COLLAPSE: Planted = { kind: 'fanout_collapse', callee: 'search', agents: ['mesh-planner'] };
const HEALTHY: TenantSpec = { tenant: 't', replica: 0, type: 'healthy' };
const SERIES: TenantSpec = { tenant: 't', replica: 0, type: 'series', series: WINDOW_SERIES[0] };
const id = (name: string) => name.padEnd(32, '0');

const played = (traceId: string, known: Partial<Known>): PlayedTrace => ({
  plan: planOf({ scenario: 'fanout' }, known.planted?.length ? 'planted' : 'control'),
  profile: PROFILES[0],
  traceId,
  startUnixMs: START,
  endUnixMs: START + 500,
  spanCount: 3,
  exports: [],
  known: { planted: [], undecided: [], ...known },
});

const finding = (changes: Partial<Finding> = {}): Finding => ({
  kind: 'fanout_collapse',
  incidentId: id('a'),
  severity: 'warning',
  agent: 'mesh-planner',
  operation: 'planner',
  signature: 'tool_call search',
  root: true,
  evidence: [],
  timeline: [],
  explanation: 'because',
  recommendations: [],
  explains: [],
  explainedBy: '',
  ...changes,
});
const summary = (traceId: string, revision: number, findings: Finding[], partial = false) =>
  ({ traceId, revision, findings, partial }) as unknown as TraceSummary;
const incident = (changes: Partial<IncidentEvent> = {}) =>
  ({
    ...finding(),
    event: 'opened',
    episode: 1,
    at: START + 6_700,
    evidenceTraceId: 'one',
    ...changes,
  }) as unknown as IncidentEvent;

function judged(
  traces: PlayedTrace[],
  summaries: TraceSummary[],
  incidents: IncidentEvent[],
  more: Partial<PlayedTenant> = {},
) {
  const tenant = { spec: HEALTHY, traces, windows: { planted: [], either: [] }, ...more };
  return judgeTenant(tenant, { traces: summaries, incidents });
}
const one = [played('one', { planted: [COLLAPSE] })];
const found = { kind: 'fanout_collapse', found: true, root: true };
const missed = { kind: 'fanout_collapse', found: false, root: false };

test('found, at its root, with its incident', () => {
  const { traces, falseIncidents, detections } = judged(one, [summary('one', 1, [finding()])], [incident()]);
  expect(traces[0]).toMatchObject({ planted: [found], extra: [], missing: false });
  expect(traces[0].note).toBeUndefined();
  expect(falseIncidents).toEqual([]);
  expect(detections).toEqual([{ kind: 'fanout_collapse', sinceStartMs: 6_700, sinceEndMs: 6_200 }]);
});

test.each<[string, TraceSummary[], IncidentEvent[]]>([
  ['nothing was said', [summary('one', 1, [])], []],
  ['the trace never closed', [], []],
  ['a finding without an incident', [summary('one', 1, [finding()])], []],
  [
    'its incident was taken back',
    [summary('one', 1, [finding()])],
    [incident(), incident({ event: 'retracted' })],
  ],
  ['a symptom of something else', [summary('one', 1, [finding({ root: false })])], [incident()]],
  ['only a revision that is no longer true', [summary('one', 2, []), summary('one', 1, [finding()])], []],
])('missed: %s', (_, summaries, incidents) => {
  const { traces } = judged(one, summaries, incidents);
  expect(traces[0].planted).toEqual([missed]);
  expect(traces[0].note).toContain('scenario=fanout');
});

test('of another callee it is missed, and what was found is false', () => {
  const { traces } = judged(
    one,
    [summary('one', 1, [finding({ signature: 'tool_call other' })])],
    [incident()],
  );
  expect(traces[0]).toMatchObject({ planted: [missed], extra: ['fanout_collapse'] });
});

test('another agent is the wrong root', () => {
  const { traces } = judged(one, [summary('one', 1, [finding({ agent: 'mesh-worker' })])], [incident()]);
  expect(traces[0].planted).toEqual([{ kind: 'fanout_collapse', found: true, root: false }]);
  expect(traces[0].note).toContain('at mesh-worker');
});

test('on a control every finding is false, unless chance decides it', () => {
  const said: [TraceSummary[], IncidentEvent[]] = [[summary('one', 1, [finding()])], [incident()]];
  expect(judged([played('one', {})], ...said).traces[0].extra).toEqual(['fanout_collapse']);
  const undecided = judged([played('one', { undecided: [COLLAPSE] })], ...said).traces[0];
  expect(undecided).toMatchObject({ extra: [], undecided: 1 });
});

test('an incident that no last revision and no window accounts for is false; a retracted one is told', () => {
  const stale = incident({ incidentId: id('b'), evidenceTraceId: 'one' });
  const none = [summary('one', 1, [])];
  expect(judged([played('one', {})], none, [stale]).falseIncidents.map(({ kind }) => kind)).toEqual([
    'fanout_collapse',
  ]);
  const windows = { planted: [COLLAPSE], either: [] };
  expect(judged([played('one', {})], none, [stale], { windows }).falseIncidents).toEqual([]);
  expect(
    judged([played('one', {})], none, [stale], { windows: { planted: [], either: [COLLAPSE] } })
      .falseIncidents,
  ).toEqual([]);
  const back = judged([played('one', {})], none, [
    stale,
    incident({ incidentId: id('b'), event: 'retracted' }),
  ]);
  expect([back.falseIncidents.length, back.retracted]).toEqual([0, 1]);
});

test('a series is found by its incident, missed without one, and not judged where chance decides', () => {
  const storm: Planted = { kind: 'retry_storm', callee: 'flaky', agents: ['mesh-caller'] };
  const more = { spec: SERIES, windows: { planted: [storm], either: [] } };
  const said = incident({
    kind: 'retry_storm',
    agent: 'mesh-caller',
    signature: 'tool_call flaky',
    evidenceTraceId: '',
    at: START + 90_500,
  });
  const run = [played('one', {})];
  expect(judged(run, [], [said], more).series).toMatchObject([
    { answer: { found: true, root: true }, openedAfterMs: 90_000 },
  ]);
  expect(judged(run, [], [{ ...said, agent: 'mesh-other' }], more).series[0].answer).toMatchObject({
    found: true,
    root: false,
  });
  expect(judged(run, [], [], more).series[0].answer).toMatchObject({ found: false });
  expect(judged(run, [], [], { spec: SERIES }).series[0].answer).toBeUndefined();
});
