import { describe, expect, test } from 'vitest';
import type { Values } from '../corpus/run-plan.ts';
import { parametersOf } from '../testing.ts';
import { knownOf, retriesOf } from './decided.ts';

const MESH = { agentPrefix: 'mesh' };
const known = (values: Values, circumstances = { spread: 0.03, lossy: false }, seed = 1) => {
  const { planted, undecided } = knownOf(parametersOf(values, seed), MESH, circumstances);
  return { planted: planted.map(({ kind }) => kind), undecided: undecided.map(({ kind }) => kind) };
};
const sure = (...planted: string[]) => ({ planted, undecided: [] });
const unsure = (...undecided: string[]) => ({ planted: [], undecided });

test('the scenarios as they stand are sure, with their roots', () => {
  const { planted } = knownOf(parametersOf({ scenario: 'fanout' }), MESH, { spread: 0.4, lossy: true });
  expect(planted).toEqual([{ kind: 'fanout_collapse', callee: 'search', agents: ['mesh-planner'] }]);
  expect(known({ scenario: 'chain' })).toEqual(sure('blocking_chain'));
  expect(known({ scenario: 'stream', background_fanout: 150 }).planted).toContain('starvation');
});

describe('near a threshold nobody is asked to be right', () => {
  test.each<[string, Values, object]>([
    [
      'three rounds: half of the time is waiting',
      { scenario: 'fanout', fanout: 60 },
      unsure('fanout_collapse'),
    ],
    ['three and a half', { scenario: 'fanout', fanout: 70 }, sure('fanout_collapse')],
    ['two', { scenario: 'fanout', fanout: 40 }, sure()],
    ['nine calls, however they queue', { scenario: 'fanout', fanout: 9, concurrency: 2 }, sure()],
    ['0.2 s of delay', { scenario: 'fanout', delay_ms: 50 }, unsure('fanout_collapse')],
    ['a second in all', { scenario: 'chain', depth: 20, delay_ms: 50 }, unsure('blocking_chain')],
    ['20 steps', { scenario: 'chain', depth: 20 }, sure('blocking_chain')],
    ['19 steps', { scenario: 'chain', depth: 19 }, sure()],
  ])('%s', (_, values, expected) => {
    expect(known(values)).toEqual(expected);
  });

  test('a wider scatter moves the margin', () => {
    const values: Values = { scenario: 'fanout', fanout: 50, concurrency: 20, delay_ms: 80 };
    expect(known(values, { spread: 0.03, lossy: false })).toEqual(sure());
    expect(known(values, { spread: 0.4, lossy: false })).toEqual(unsure('fanout_collapse'));
  });

  test('where spans are lost, counts at their thresholds are undecided', () => {
    const lossy = { spread: 0.03, lossy: true };
    expect(known({ scenario: 'chain', depth: 21 }, lossy)).toEqual(unsure('blocking_chain'));
    expect(known({ scenario: 'chain', depth: 23 }, lossy)).toEqual(sure('blocking_chain'));
    expect(known({ scenario: 'fanout', fanout: 10, concurrency: 2 }, lossy)).toEqual(
      unsure('fanout_collapse'),
    );
  });
});

test('retries are counted exactly: five are a storm without loss, and undecided with it', () => {
  const values: Values = { scenario: 'retry', concurrency: 100, error_rate: 0.05 };
  const seed = Array.from({ length: 500 }, (_, i) => i).find(
    (each) => retriesOf(parametersOf(values, each)).retried === 5,
  );
  expect(known(values, { spread: 0.03, lossy: false }, seed).planted).toEqual(['retry_storm']);
  expect(known(values, { spread: 0.03, lossy: true }, seed)).toEqual(unsure('retry_storm'));
  expect(retriesOf(parametersOf({ scenario: 'chain' })).attempts).toBe(0);
  expect(retriesOf(parametersOf({ scenario: 'retry', error_rate: 0, fanout: 7 }))).toEqual({
    logical: 7,
    attempts: 7,
    retried: 0,
    amplification: 1,
  });
});
