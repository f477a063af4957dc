import { expect, test } from 'vitest';
import type { Answer, Outcome, TraceOutcome } from './outcome.ts';
import { type Score, scoreOf } from './score.ts';
import { falsePerThousand, targetsOf } from './targets.ts';

const KINDS = ['fanout_collapse', 'retry_storm'];
const answer = (kind: string, found: boolean, root = found): Answer => ({ kind, found, root });
const trace = (changes: Partial<TraceOutcome>): TraceOutcome => ({
  tenant: 't',
  traceId: 'x',
  group: 'control',
  name: 'two rounds',
  profile: 'clean',
  spans: 10,
  planted: [],
  extra: [],
  undecided: 0,
  partial: false,
  missing: false,
  ...changes,
});
const planted = (found: boolean, root = found, changes: Partial<TraceOutcome> = {}) =>
  trace({
    group: 'planted',
    name: 'fanout_collapse/nominal',
    planted: [answer('fanout_collapse', found, root)],
    ...changes,
  });
const repeat = (times: number, of: TraceOutcome) => Array.from({ length: times }, () => of);
const scored = (traces: TraceOutcome[], more: Partial<Outcome> = {}): Score =>
  scoreOf(
    { traces, series: [], falseIncidents: [], detections: [], retracted: 0, deadLetters: [], ...more },
    KINDS,
  );
const target = (score: Score, what: string, whole = false) =>
  targetsOf(score, whole).find((each) => each.what.startsWith(what))!;
const detector = (score: Score) => score.detectors[0];

test('recall, precision and roots, counted by hand', () => {
  const score = scored([
    ...repeat(6, planted(true)),
    planted(true, false),
    planted(false),
    ...repeat(9, trace({})),
    trace({ extra: ['fanout_collapse'] }),
  ]);
  expect(detector(score)).toMatchObject({
    nominal: { planted: 8, found: 7, root: 6 },
    wrong: { onControls: 1, onOthers: 0, ofWindows: 0, all: 1 },
    falseAlarms: 1,
  });
  expect(falsePerThousand(score)).toBe(100);
  expect(score.confusion).toMatchObject({
    fanout_collapse: { fanout_collapse: 7, nothing: 1 },
    nothing: { fanout_collapse: 1, nothing: 9 },
  });
});

test('what was found in the stead of what was planted', () => {
  const { confusion } = scored([planted(false, false, { extra: ['retry_storm'] })]);
  expect(confusion.fanout_collapse).toMatchObject({ retry_storm: 1, nothing: 0 });
  expect(confusion.nothing.retry_storm).toBe(0);
});

test('a false incident of windows counts like one of a trace; on a failing trace it costs precision only', () => {
  const falseIncident = { tenant: 't', kind: 'fanout_collapse', agent: 'a', note: '' };
  const score = scored([trace({}), planted(true, true, { extra: ['fanout_collapse'] })], {
    falseIncidents: [falseIncident],
  });
  expect(detector(score)).toMatchObject({
    wrong: { onControls: 0, onOthers: 1, ofWindows: 1, all: 2 },
    falseAlarms: 1,
  });
  expect(falsePerThousand(score)).toBe(1_000);
});

test.each<[string, TraceOutcome[], boolean]>([
  ['98 of 100', [...repeat(98, planted(true)), ...repeat(2, planted(false))], true],
  ['97 of 100', [...repeat(97, planted(true)), ...repeat(3, planted(false))], false],
  ['none of none', [trace({})], false],
])('recall target: %s', (_, traces, met) => {
  expect(target(scored(traces), 'recall of fanout_collapse, nominal').met).toBe(met);
});

test('five false alarms of a thousand are the most', () => {
  const alarms = (n: number) => [
    ...repeat(1_000 - n, trace({})),
    ...repeat(n, trace({ extra: ['retry_storm'] })),
  ];
  expect(target(scored(alarms(5)), 'false').met).toBe(true);
  expect(target(scored(alarms(6)), 'false').met).toBe(false);
});

test('roots: 95 of 100 found', () => {
  const named = (n: number) => [...repeat(n, planted(true)), ...repeat(100 - n, planted(true, false))];
  expect(target(scored(named(95)), 'root').met).toBe(true);
  expect(target(scored(named(94)), 'root').met).toBe(false);
});

test('the whole corpus must have its size', () => {
  expect(target(scored([trace({})]), 'traces', true).met).toBe(false);
  expect(target(scored([trace({})]), 'traces')).toBeUndefined();
});

test('what chance decides is told and not counted', () => {
  const score = scored([trace({ group: 'planted', name: 'fanout_collapse/nominal', undecided: 1 })]);
  expect(score.undecided).toBe(1);
  expect(detector(score).nominal.planted).toBe(0);
  expect(score.strengths.find(({ strength }) => strength === 'nominal')?.undecided).toBe(1);
});
