import { expect, test } from 'vitest';
import { entry, view } from './testing.ts';
import { commonStart, timelineLines } from './timeline.ts';

const scale = { wholeMs: 600, most: 12 };

test('gaps stand at their place; all rows where asked', () => {
  const steps = Array.from({ length: 50 }, (_, i) =>
    entry({ label: `step ${i}`, startMs: i * 10, durationMs: i === 40 ? 99 : 10 }),
  );
  const lines = timelineLines(steps, scale, view());
  expect(lines.filter((line) => line.includes('│')).length).toBe(12);
  expect(lines[11]).toBe(`${' '.repeat(25)}… 29 more`);
  expect(lines[12]).toBe('  │             ████   │ +400 ms  99 ms  step 40  ok');
  expect(lines[13]).toBe(`${' '.repeat(25)}… 9 more`);
  expect(timelineLines(steps, scale, view({ all: true })).length).toBe(50);
});

test('too long labels lose what they share, and only then', () => {
  const long = [26, 33].map((call) =>
    entry({ label: `tool_call flaky #${call} attempt 1`, outcome: 'failed: 503' }),
  );
  expect(timelineLines(long, scale, view({ width: 80 }))[0]).toMatch(
    /80 ms {2}#26 attempt 1 {2}failed: 503$/,
  );
  expect(timelineLines(long, scale, view({ width: 120 }))[0]).toMatch(
    /80 ms {2}tool_call flaky #26 attempt 1 {2}failed: 503$/,
  );
});

test.each([
  [['search #7', 'search #8'], 'search '],
  [['tool_call a #1', 'tool_call a #2 late', 'tool_call b #3'], 'tool_call '],
  [['search', 'search'], ''],
  [['search', 'search #2'], ''],
  [['searching #1', 'search #2'], ''],
  [['search #1'], ''],
  [[], ''],
])('%j share %j', (labels, shared) => {
  expect(commonStart(labels)).toBe(shared);
});

test('the bar gives way to a long label, then the label takes a second line', () => {
  const labelled = (label: string) =>
    timelineLines([entry({ label, startMs: 5, durationMs: 563.9 })], scale, view());
  expect(labelled('tool_call search #92: waited 479 ms, served')).toEqual([
    '  │████████████ │ +5 ms  564 ms  tool_call search #92: waited 479 ms, served  ok',
  ]);
  expect(labelled('tool_call search #92: waited 479 ms, served in 85 ms')).toEqual([
    '  │████████│ +5 ms  564 ms  tool_call search #92: waited 479 ms, served in    ok',
    `${' '.repeat(28)}85 ms`,
  ]);
});

test('of a long label and a long outcome that wraps which makes the fewest lines', () => {
  const served = [92, 93, 94].map((call) =>
    entry({ label: `#${call}: waited 2,040 ms, served in 85 ms`, startMs: 5, durationMs: 560 }),
  );
  const slow = { ...served[0], outcome: 'delayed the batch' };
  expect(timelineLines([slow, ...served.slice(1)], scale, view({ width: 76 }))).toEqual([
    '  │████████│ +5 ms  560 ms  #92: waited 2,040 ms, served in 85 ms  delayed',
    `${' '.repeat(67)}the batch`,
    '  │████████│ +5 ms  560 ms  #93: waited 2,040 ms, served in 85 ms  ok',
    '  │████████│ +5 ms  560 ms  #94: waited 2,040 ms, served in 85 ms  ok',
  ]);
});

test('a short label leaves its room to the outcome', () => {
  const outcome = '20 background calls beside it';
  const [short] = timelineLines([entry({ label: 'no chunk', outcome })], scale, view());
  expect(short).toMatch(/ no chunk {2}20 background calls beside it$/);
  const stalls = [400, 12_345].map((durationMs) => entry({ label: 'no chunk', durationMs, outcome }));
  for (const line of timelineLines(stalls, { ...scale, wholeMs: 60_000 }, view()))
    expect(line).toMatch(/ no chunk {2}20 background calls beside it$/);
});

test('no limit: nothing is left out, nothing takes a second line', () => {
  const label = (n: number) => `tool_call ${'word '.repeat(40)}#${n}`;
  const lines = timelineLines(
    [1, 2].map((n) => entry({ label: label(n), outcome: label(n) })),
    scale,
    view({ width: Number.POSITIVE_INFINITY }),
  );
  expect(lines).toEqual([1, 2].map((n) => `  │███${' '.repeat(17)}│ +0 ms  80 ms  ${label(n)}  ${label(n)}`));
});

test('times that are none, and those outside the trace', () => {
  expect(timelineLines([entry({ startMs: null, durationMs: null })], scale, view())).toEqual([
    `  │${' '.repeat(20)}│ ?  ?  call  ok`,
  ]);
  expect(timelineLines([entry({ startMs: -50, durationMs: 80 })], scale, view())).toEqual([
    `  │█${' '.repeat(19)}│ -50 ms  80 ms  call  ok`,
  ]);
});

test('nothing without entries', () => {
  expect(timelineLines([], scale, view())).toEqual([]);
});
