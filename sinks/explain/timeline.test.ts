import { describe, expect, test } from 'vitest';
import { entry, view } from './testing.ts';
import { pick, timelineLines } from './timeline.ts';

const steps = (count: number, longest: number) =>
  Array.from({ length: count }, (_, i) =>
    entry({ label: `step ${i}`, startMs: i * 10, durationMs: i === longest ? 99 : 10 }),
  );
const shown = (count: number, longest: number, most: number) =>
  pick(steps(count, longest), most).map((row) => ('more' in row ? `+${row.more}` : row.label.slice(5)));

describe('which rows are shown', () => {
  test.each([
    ['all that fit', 4, 3, 4, ['0', '1', '2', '3']],
    ['none of none', 0, 0, 4, []],
    ['one too many', 5, 0, 4, ['0', '1', '2', '3', '+1']],
    ['the longest late', 9, 6, 4, ['0', '1', '2', '+3', '6', '+2']],
    ['the longest last', 9, 8, 4, ['0', '1', '2', '+5', '8']],
    ['the longest just in', 9, 3, 4, ['0', '1', '2', '3', '+5']],
    ['the longest just out', 9, 4, 4, ['0', '1', '2', '+1', '4', '+4']],
  ])('%s', (_what, count, longest, most, expected) => {
    expect(shown(count, longest, most)).toEqual(expected);
  });

  test('of equals the first is the longest; a duration that is none is not', () => {
    const rows = [entry({ durationMs: null }), entry(), entry(), entry()];
    expect(pick(rows, 2)).toEqual([rows[0], rows[1], { more: 2 }]);
  });
});

test('twelve rows, gaps at their place; all of them where asked', () => {
  const lines = timelineLines(steps(50, 40), 600, view());
  expect(lines.filter((line) => line.includes('│')).length).toBe(12);
  expect(lines[11]).toBe(`${' '.repeat(25)}… 29 more`);
  expect(lines[12]).toBe('  │             ████   │ +400 ms  99 ms  step 40  ok');
  expect(lines[13]).toBe(`${' '.repeat(25)}… 9 more`);
  expect(timelineLines(steps(50, 40), 600, view({ all: true })).length).toBe(50);
});

test('a long label gives way to the outcome, short ones leave it room', () => {
  const label = 'tool_call search #92: waited 479 ms, served in 85 ms';
  const [long] = timelineLines([entry({ label, startMs: 5, durationMs: 563.9 })], 600, view());
  expect(long).toBe('  │███████████████████ │ +5 ms  564 ms  tool_call search #92: waited 479 ms…  ok');
  const outcome = '20 background calls beside it';
  const [short] = timelineLines([entry({ label: 'no chunk', outcome })], 600, view());
  expect(short).toMatch(/ no chunk {2}20 background calls beside it$/);
});

test('times that are none, and those outside the trace', () => {
  expect(timelineLines([entry({ startMs: null, durationMs: null })], 600, view())).toEqual([
    `  │${' '.repeat(20)}│ ?  ?  call  ok`,
  ]);
  expect(timelineLines([entry({ startMs: -50, durationMs: 80 })], 600, view())).toEqual([
    `  │█${' '.repeat(19)}│ -50 ms  80 ms  call  ok`,
  ]);
});

test('nothing without entries', () => {
  expect(timelineLines([], 600, view())).toEqual([]);
});
