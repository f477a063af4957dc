import { expect, test } from 'vitest';
import type { Known } from './decided.ts';
import { mixTruth } from './mixed.ts';

const known = (kind: string): Known => ({
  planted: [{ kind, callee: 'c', agents: ['a'] }],
  undecided: [],
});
const [chain, storm] = [known('blocking_chain'), known('retry_storm')];
const stretch = (startUnixMs: number, endUnixMs: number) => ({ startUnixMs, endUnixMs });
const kinds = ({ planted, undecided }: Known) => [
  planted.map(({ kind }) => kind),
  undecided.map(({ kind }) => kind),
];

test('one after the other: the chain counts where it makes up the most of the time', () => {
  const after = (length: number) =>
    kinds(mixTruth([chain, storm], [stretch(0, 1_000), stretch(1_000, 1_000 + length)], false));
  expect(after(100)).toEqual([['blocking_chain', 'retry_storm'], []]);
  expect(after(250)).toEqual([['retry_storm'], ['blocking_chain']]);
  expect(after(1_000)).toEqual([['retry_storm'], []]);
});

test('side by side: the longest is waited for', () => {
  const beside = (length: number) =>
    kinds(mixTruth([chain, storm], [stretch(0, 1_000), stretch(0, length)], true));
  expect(beside(500)).toEqual([['blocking_chain', 'retry_storm'], []]);
  expect(beside(2_000)).toEqual([['retry_storm'], ['blocking_chain']]);
});

test('what is undecided in a part is undecided in the whole', () => {
  const part: Known = { planted: [], undecided: [{ kind: 'starvation', callee: 'c' }] };
  expect(kinds(mixTruth([part, storm], [stretch(0, 1), stretch(1, 2)], false))).toEqual([
    ['retry_storm'],
    ['starvation'],
  ]);
});
