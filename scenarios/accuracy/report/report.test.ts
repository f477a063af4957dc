import { expect, test } from 'vitest';
import type { FalseIncident, Outcome, TraceOutcome } from '../judge/outcome.ts';
import { scoreOf } from '../judge/score.ts';
import { targetsOf } from '../judge/targets.ts';
import { differences } from './diff.ts';
import { bar, shareText, table } from './markdown.ts';
import { commandIn, report } from './report.ts';

const missed: TraceOutcome = {
  tenant: 'fanout_collapse/nominal/0',
  traceId: 'f'.repeat(32),
  group: 'planted',
  name: 'fanout_collapse/nominal',
  profile: 'lost',
  spans: 300,
  planted: [{ kind: 'fanout_collapse', found: false, root: false }],
  extra: [],
  undecided: 0,
  partial: false,
  missing: false,
  note: 'scenario=fanout fanout=100; found nothing',
};
const page = (traces: TraceOutcome[], falseIncidents: FalseIncident[] = []) => {
  const outcome: Outcome = {
    traces,
    series: [],
    falseIncidents,
    detections: [],
    retracted: 0,
    deadLetters: [],
  };
  const score = scoreOf(outcome, ['fanout_collapse', 'retry_storm']);
  return report(score, outcome, targetsOf(score, true), { seed: 7 });
};

test('a miss is in the table, among the targets and with what plants it again', () => {
  const text = page([missed]);
  expect(text).toMatch(/`fanout_collapse` +\| +0\.000 \(0\/1\)/);
  expect(text).toMatch(/recall of fanout_collapse, nominal .*\*\*missed\*\*/);
  expect(text).toContain(`trace \`${missed.traceId}\`: scenario=fanout fanout=100; found nothing`);
  expect(text).toContain('--seed 7 --check');
});

test('without a mistake it says so', () => {
  const right = {
    ...missed,
    planted: [{ kind: 'fanout_collapse', found: true, root: true }],
    note: undefined,
  };
  expect(page([right])).toContain('## What went wrong\n\nNothing.');
});

const control: TraceOutcome = {
  ...missed,
  group: 'control',
  name: 'no failures',
  planted: [],
  extra: ['retry_storm'],
};

test('what is false stands in the first table, in the next by place, and below one by one: with the same sums', () => {
  const beside = { ...missed, planted: [], extra: ['retry_storm'] };
  const incident = { tenant: 'healthy/1', kind: 'retry_storm', agent: 'a', note: 'of 9 traces together' };
  const text = page([control, control, beside], [incident, incident, incident]);
  expect(text).toMatch(/\| `retry_storm` .*\| +2500\.00 \(5\) \|/);
  expect(text).toMatch(/\| `retry_storm` +\| +2 \| +3 \| +1 \| +6 \|/);
  expect(text).toMatch(/\| all +\| +2 \| +3 \| +1 \| +6 \|/);
  expect(text).toContain('Findings of single traces that are false: 3\n');
  expect(text).toContain('Incidents of windows that are false: 3\n');
});

test('a page names the command that gives it again, and says what it writes', () => {
  expect(commandIn(page([missed]))).toBe('npm run accuracy -- --seed 7');
  expect(commandIn('# Accuracy')).toBeUndefined();
});

test('tables are aligned, shares never rounded up to 1, bars never full below it', () => {
  expect(table(['a', 'n'], [['x', '1']])).toBe('| a   |   n |\n| --- | --: |\n| x   |   1 |');
  expect([shareText(9_999, 10_000), shareText(1, 1), shareText(0, 0)]).toEqual(['0.999', '1.000', '–']);
  expect([bar(99, 100).endsWith('░'), bar(1, 1).endsWith('█')]).toEqual([true, true]);
});

test('differences are the lines that differ, and no others', () => {
  expect(differences('a\nb\nc', 'a\nb\nc')).toEqual([]);
  expect(differences('a\nb\nc', 'a\nx\nc')).toEqual(['- b', '+ x']);
  expect(differences('', 'a')).toEqual(['- ', '+ a']);
  expect(differences('a\nb', 'b')).toEqual(['- a']);
});
