import { expect, test } from 'vitest';
import type { LetterWithValue } from './letters.ts';
import { PutBack } from './put-back.ts';

const PARTITIONS = new Map([
  ['t.ati.spans', 2],
  ['t.ati.incident-state', 2],
]);

function letter(
  topic: string,
  partition: number,
  offset: number,
  value: string | null = 'x',
): LetterWithValue {
  return {
    ...{ partition: 0, offset: 0, at: 0, step: 'decode', reason: '', group: '', replays: 0, details: {} },
    source: { topic, partition, offset, at: 0 },
    ...{ key: null, value: value === null ? null : Buffer.from(value), bytes: value?.length },
  };
}

test('goes back: once, to a topic of ours, with its bytes', () => {
  const candidates = new PutBack(new Set(['t.ati.spans/1/7']), PARTITIONS, false, 't.');
  const judged = [
    letter('t.ati.spans', 0, 7),
    letter('t.ati.spans', 0, 7),
    letter('t.ati.spans', 1, 7),
    letter('t.ati.spans', 1, 8, null),
    letter('t.ati.spans', 2, 8),
    letter('ati.spans', 0, 8),
  ].map((each) => candidates.judge(each));
  expect(judged).toEqual([
    undefined,
    'twin',
    'put back before',
    'no bytes were kept',
    'not a topic of this installation',
    'not a topic of this installation',
  ]);
});

test('a state of an incident never does: the last of its key is the one that compaction keeps', () => {
  const state = letter('t.ati.incident-state', 0, 7);
  expect(new PutBack(new Set(), PARTITIONS, true, 't.').judge(state)).toBe(
    'still where it was, and read from there',
  );
});
