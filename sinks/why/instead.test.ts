import { describe, expect, test } from 'vitest';
import { instead } from './instead.ts';
import { refusal } from './refusal.ts';
import { attribution } from './testing.ts';

const numbers = (traces: number) => ({ traces, sampled: traces, meanMs: 100, waitMs: 0 });
/** Refused: so many of so many are slow. */
const few = (set: number, baseline: number, given = {}) =>
  attribution({ refused: 'Too few', slow: 'p95', set: numbers(set), baseline: numbers(baseline), ...given });
const nothingAsked = { root: {}, slowGiven: false, words: [] };
const root = (agent: string, traces: number) => ({ service: 'shop', agent, operation: 'plan trip', traces });

describe('asked instead', () => {
  test('the highest percentile that leaves enough, and why', () => {
    expect(instead(few(3, 43), nothingAsked)).toEqual({
      slow: 'p91',
      note: 'Of 46 traces p95 leaves too few: slow is here from p91 on, the highest percentile that leaves 5.',
    });
  });
  test('of roots the next that has enough traces', () => {
    const others = [root('rare', 14), root('often', 46), root('more', 90)];
    expect(instead(few(1, 11, { others }), nothingAsked)).toMatchObject({
      root: { service: 'shop', agent: 'often', operation: 'plan trip' },
      note: expect.stringMatching(/^Most time went to planner \/ plan trip \(shop\), but it has 12 traces/),
    });
  });
  test.each([
    ['enough', attribution(), nothingAsked],
    ['not slower', few(20, 80, { refused: 'Not slower' }), nothingAsked],
    ['no trace', few(0, 0, { root: null }), nothingAsked],
    [
      'another baseline, of which nothing is known',
      few(3, 43, { baselineFrom: 'A', baselineTo: 'B' }),
      nothingAsked,
    ],
    ['a percentile that was asked for', few(3, 43), { ...nothingAsked, slowGiven: true }],
    ['a percentile that was tried', few(3, 43, { slow: 'p91' }), nothingAsked],
    [
      'a root that was asked for',
      few(1, 11, { others: [root('often', 46)] }),
      { ...nothingAsked, root: { agent: 'a' } },
    ],
    ['no root has enough', few(1, 11, { others: [root('rare', 14)] }), nothingAsked],
  ])('%s: nothing', (_, found, asked) => {
    expect(instead(found, asked)).toBeUndefined();
  });
});

describe('refused', () => {
  test('with the command that leaves enough', () => {
    const words = ['--slow p95', '--from 1d'];
    const others = [root('b', 40)];
    expect(refusal(few(3, 43, { others }), { root: {}, words })).toEqual([
      'Too few: 3 traces to explain, and 5 are needed. There are 46 in all; this leaves enough:',
      '  npm run why -- --agent planner --slow p91 --from 1d',
    ]);
    expect(refusal(few(3, 43), { root: { operation: 'plan trip' }, words })[1]).toBe(
      "  npm run why -- --operation 'plan trip' --slow p91 --from 1d",
    );
  });
  test('too few in all', () => {
    expect(refusal(few(1, 11), nothingAsked)).toEqual([
      'Too few: 1 trace to explain, and 5 are needed. There are 12 in all, and 15 are needed: run more, or look further back (--from 1d).',
    ]);
  });
  test('who has looked back is not told to', () => {
    expect(refusal(few(1, 11), { root: {}, words: ['--from 1d'] })).toEqual([
      'Too few: 1 trace to explain, and 5 are needed. There are 12 in all, and 15 are needed: run more, or look further back.',
    ]);
  });
  test.each([
    ['p91', {}],
    ['failing', {}],
    ['5000', {}],
    ['p95', { baselineFrom: 'A', baselineTo: 'B' }],
  ])('%s %j: nothing that would help is known', (slow, given) => {
    expect(refusal(few(3, 43, { slow, ...given }), nothingAsked)).toEqual([
      'Too few: 3 traces to explain, and 5 are needed.',
    ]);
  });
  test('what is not about numbers stays as it is', () => {
    expect(refusal(few(20, 80, { refused: 'Not slower: 1 ms' }), nothingAsked)).toEqual(['Not slower: 1 ms']);
  });
});
