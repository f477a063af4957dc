import { describe, expect, test } from 'vitest';
import { pick } from './pick.ts';
import { entry } from './testing.ts';
import type { TimelineEntry } from './view.ts';

const names = (timeline: readonly TimelineEntry[], most: number) =>
  pick(timeline, most).map((row) => ('more' in row ? `+${row.more}` : row.label));

const steps = (count: number, longest: number) =>
  Array.from({ length: count }, (_, i) =>
    entry({ label: `${i}`, startMs: i * 10, durationMs: i === longest ? 99 : 10 }),
  );

describe('the earliest, and the longest wherever it is', () => {
  test.each([
    ['all that fit', 4, 3, 4, ['0', '1', '2', '3']],
    ['none of none', 0, 0, 4, []],
    ['one too many', 5, 0, 4, ['0', '1', '2', '3', '+1']],
    ['the longest late', 9, 6, 4, ['0', '1', '2', '+3', '6', '+2']],
    ['the longest last', 9, 8, 4, ['0', '1', '2', '+5', '8']],
    ['the longest just in', 9, 3, 4, ['0', '1', '2', '3', '+5']],
    ['the longest just out', 9, 4, 4, ['0', '1', '2', '+1', '4', '+4']],
  ])('%s', (_what, count, longest, most, expected) => {
    expect(names(steps(count, longest), most)).toEqual(expected);
  });

  test('of equals the first is the longest; a duration that is none is not', () => {
    const rows = [entry({ durationMs: null }), entry(), entry(), entry()];
    expect(pick(rows, 2)).toEqual([rows[0], rows[1], { more: 2 }]);
  });
});

describe('the first of each outcome', () => {
  const branches = (outcomes: string[]) => outcomes.map((outcome, i) => entry({ label: `${i}`, outcome }));

  test('is seen, however late', () => {
    const waited = Array.from({ length: 20 }, (_, i) => `waited ${300 - i}.5 ms`);
    expect(names(branches([...waited, 'on the path', 'waited 2 ms']), 3)).toEqual([
      '0',
      '1',
      '+18',
      '20',
      '+1',
    ]);
  });

  test('numbers make no other outcome', () => {
    expect(names(branches(['failed: 503', 'failed: 500', 'failed: 429', 'ok', 'ok']), 2)).toEqual([
      '0',
      '+2',
      '3',
      '+1',
    ]);
  });

  test('no more rows than there may be', () => {
    expect(names(branches(['a', 'b', 'c', 'd', 'e']), 3)).toEqual(['0', '1', '2', '+2']);
  });
});
