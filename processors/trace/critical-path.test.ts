import { describe, expect, test } from 'vitest';
import { criticalPath, SEGMENT } from './critical-path.ts';
import { KIND } from './parents.ts';
import { type TestSpan, viewOf } from './testkit.ts';

/** [span, start, end, type] of each piece, in ms. */
function pathOf(spans: readonly TestSpan[]): [number, number, number, string][] {
  const view = viewOf(spans);
  const path = criticalPath(view);
  const names = Object.keys(SEGMENT);
  return Array.from(path.row, (row, i) => [
    Number.parseInt(view.spanId(row), 16),
    path.start[i] / 1e6,
    path.end[i] / 1e6,
    names[path.type[i]],
  ]);
}
const span = (
  id: number,
  parent: number | undefined,
  start: number,
  end: number,
  rest: Partial<TestSpan> = {},
) => ({
  id,
  parent,
  start,
  end,
  name: 'step',
  ...rest,
});

describe('edges', () => {
  const trace = (kinds: [number, number]) => [
    span(1, undefined, 0, 100),
    span(2, 1, 10, 90, { kind: kinds[0] }),
    span(3, 2, 20, 85, { kind: kinds[1], service: 'callee' }),
  ];
  test('what a client waits beside its server span is the edge between them', () => {
    expect(pathOf(trace([KIND.client, KIND.server]))).toEqual([
      [1, 0, 10, 'self'],
      [2, 10, 20, 'edge'],
      [3, 20, 85, 'self'],
      [2, 85, 90, 'edge'],
      [1, 90, 100, 'self'],
    ]);
  });
  test.each([
    [KIND.internal, KIND.server],
    [KIND.client, KIND.internal],
  ])('kinds %i over %i have no edge', (parent, child) => {
    expect(pathOf(trace([parent, child])).map((piece) => piece[3])).toEqual(Array(5).fill('self'));
  });
  test('a client whose callee wrote no spans is its own time', () => {
    expect(pathOf([span(1, undefined, 0, 10, { kind: KIND.client })])).toEqual([[1, 0, 10, 'self']]);
  });
});

test('a consumer is not waited for by its producer', () => {
  const spans = [
    span(1, undefined, 0, 100, { kind: KIND.producer }),
    span(2, 1, 10, 90, { kind: KIND.consumer }),
  ];
  expect(pathOf(spans)).toEqual([[1, 0, 100, 'self']]);
});

test('waiting for a person is idle, what is worked meanwhile below it is not', () => {
  const spans = [
    span(1, undefined, 0, 100),
    span(2, 1, 10, 90, { attributes: { 'ati.role': 'human' } }),
    span(3, 2, 20, 30, { name: 'poll' }),
    span(4, 2, 40, 50, { name: 'tool_call' }),
  ];
  expect(pathOf(spans).map(([id, , , type]) => [id, type])).toEqual([
    [1, 'self'],
    [2, 'idle'],
    [3, 'idle'],
    [2, 'idle'],
    [4, 'self'],
    [2, 'idle'],
    [1, 'self'],
  ]);
});

describe('a child that overlaps its successor', () => {
  const two = (end: number, third: TestSpan[] = []) => [
    span(1, undefined, 0, 1000),
    span(2, 1, 100, end),
    span(3, 1, 500, 1000),
    ...third,
  ];
  const ids = (spans: TestSpan[]) => pathOf(spans).map((piece) => piece[0]);
  test('by less than 1 % of the parent is its predecessor', () => {
    expect(pathOf(two(509.9))).toEqual([
      [1, 0, 100, 'self'],
      [2, 100, 500, 'self'],
      [3, 500, 1000, 'self'],
    ]);
  });
  test('by 1 % runs beside it', () => {
    expect(ids(two(510))).toEqual([1, 3]);
  });
  test('with a third child starting in between runs beside it', () => {
    expect(ids(two(509, [span(4, 1, 505, 600)]))).toEqual([1, 3]);
  });
  test('with a third child ending in between gives way to that one', () => {
    expect(ids(two(509, [span(4, 1, 300, 505)]))).toEqual([1, 4, 3]);
  });
  test('with a third child starting and ending in between runs beside it', () => {
    const spans = [
      span(1, undefined, 0, 10_000),
      span(2, 1, 0, 60),
      span(3, 1, 10, 50),
      span(4, 1, 55, 58),
      span(5, 1, 55, 10_000),
    ];
    expect(ids(spans)).toEqual([1, 3, 1, 5]);
  });
});

describe('calls in a row whose starts were rounded down to the millisecond', () => {
  const ids = (spans: TestSpan[]) => pathOf(spans).map((piece) => piece[0]);
  const row = (second: number, ...more: TestSpan[]) => [
    span(1, undefined, 0, 20),
    span(2, 1, 3, 5.9),
    span(3, 1, second, second + 3),
    ...more,
  ];
  test('are all on the path, though 1 % of 20 ms is less than they overlap', () => {
    expect(pathOf(row(5))).toEqual([
      [1, 0, 3, 'self'],
      [2, 3, 5, 'self'],
      [3, 5, 8, 'self'],
      [1, 8, 20, 'self'],
    ]);
  });
  test('a start within the millisecond was not rounded: it truly ran beside', () => {
    expect(ids(row(5.001))).toEqual([1, 3, 1]);
  });
  test('by a millisecond and more it ran beside', () => {
    expect(ids(row(4))).toEqual([1, 3, 1]);
  });
  test('begun in the same millisecond they ran side by side', () => {
    expect(ids(row(3))).toEqual([1, 3, 1]);
  });
  test('a batch after the first waits for it, its calls not for one another', () => {
    expect(ids(row(5, span(4, 1, 5, 8.5), span(5, 1, 5, 9)))).toEqual([1, 2, 5, 1]);
  });
  test('what matters is the millisecond of the clock, not of the trace', () => {
    const late = row(5).map((each) => ({ ...each, start: each.start + 0.4, end: each.end + 0.4 }));
    expect(ids(late)).toEqual([1, 3, 1]);
  });
});

describe('clamping', () => {
  test('children wholly before or after their parent are dropped, others cut to it', () => {
    const spans = [
      span(1, undefined, 100, 200),
      span(2, 1, 0, 100),
      span(3, 1, 200, 300),
      span(4, 1, 50, 150),
      span(5, 4, 60, 120),
    ];
    expect(pathOf(spans)).toEqual([
      [5, 100, 120, 'self'],
      [4, 120, 150, 'self'],
      [1, 150, 200, 'self'],
    ]);
  });
  test('children without duration take no part', () => {
    expect(pathOf([span(1, undefined, 0, 10), span(2, 1, 5, 5), span(3, 1, 10, 10)])).toEqual([
      [1, 0, 10, 'self'],
    ]);
  });
  test('a root without duration has an empty path', () => {
    expect(pathOf([span(1, undefined, 5, 5)])).toEqual([]);
  });
});

test('of children that end together the longest is waited for', () => {
  expect(pathOf([span(1, undefined, 0, 10), span(2, 1, 4, 10), span(3, 1, 2, 10)])).toEqual([
    [1, 0, 2, 'self'],
    [3, 2, 10, 'self'],
  ]);
});

test('without a root the longest orphan is explained', () => {
  expect(pathOf([span(1, 99, 0, 10), span(2, 98, 5, 50)])).toEqual([[2, 5, 50, 'self']]);
});

test('depth 10,000 and width 10,000 do not overflow', () => {
  const deep = Array.from({ length: 10_000 }, (_, i) => span(i + 1, i || undefined, i, 30_000 - i));
  expect(pathOf(deep)).toHaveLength(19_999);
  const wide = [span(1, undefined, 0, 20_000)];
  for (let i = 1; i < 10_000; i++) wide.push(span(i + 1, 1, i, i + 1));
  expect(pathOf(wide)).toHaveLength(10_001);
});
