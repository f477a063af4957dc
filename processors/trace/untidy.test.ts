/** Traces as they come: what is missing, doubled, turned round or very large, through the view to the path. */
import { describe, expect, test } from 'vitest';
import { analysed } from '../detectors/analysed.testkit.ts';
import { criticalPath, SEGMENT } from './critical-path.ts';
import { KIND } from './parents.ts';
import { type TestSpan, viewOf } from './testkit.ts';

const TYPES = Object.keys(SEGMENT);

/** [span, start, end] of each piece in ms, with its type where it is not `self`. */
function pathOf(spans: readonly TestSpan[]): unknown[][] {
  const view = viewOf(spans);
  const path = criticalPath(view);
  return Array.from(path.row, (row, i) => [
    Number.parseInt(view.spanId(row), 16),
    path.start[i] / 1e6,
    path.end[i] / 1e6,
    ...(path.type[i] === SEGMENT.self ? [] : [TYPES[path.type[i]]]),
  ]);
}
const span = (
  id: number,
  parent: number | undefined,
  start: number,
  end: number,
  rest: Partial<TestSpan> = {},
): TestSpan => ({ id, parent, start, end, name: 'step', ...rest });

describe('links', () => {
  test('are nothing that is waited for', () => {
    const spans = [span(1, undefined, 0, 100), span(2, 1, 10, 50), span(3, 1, 20, 90)];
    const linked = spans.map((each) => ({ ...each, links: [1, 2, 3, 77] }));
    expect(pathOf(linked)).toEqual(pathOf(spans));
  });
  test('a batch consumer is not the root of what it was caused by, however long it runs', () => {
    const spans = [
      span(1, undefined, 0, 100),
      span(2, 1, 10, 20, { kind: KIND.producer }),
      span(3, undefined, 50, 5000, { kind: KIND.consumer, links: [2] }),
    ];
    expect(pathOf(spans)).toEqual([
      [1, 0, 10],
      [2, 10, 20],
      [1, 20, 100],
    ]);
  });
  test('alone it is the root', () => {
    const consumer = { kind: KIND.consumer, links: [2] };
    expect(pathOf([span(3, undefined, 0, 50, consumer), span(4, 3, 0, 50)])).toEqual([[4, 0, 50]]);
    const two = [span(3, undefined, 0, 50, consumer), span(5, undefined, 0, 60, consumer)];
    expect(pathOf(two)).toEqual([[5, 0, 60]]);
  });
});

describe('missing parents', () => {
  const without = (lost: number, spans: readonly TestSpan[]) => pathOf(spans.filter(({ id }) => id !== lost));

  test('what hangs below a lost span goes to who surely was above it', () => {
    const whole = [span(1, undefined, 0, 100), span(2, 1, 10, 90), span(3, 2, 20, 80)];
    expect(without(2, whole)).toEqual([
      [1, 0, 20],
      [3, 20, 80],
      [1, 80, 100],
    ]);
    const deep = [span(1, undefined, 0, 100), span(2, 1, 5, 95), span(3, 2, 10, 90), span(4, 3, 20, 80)];
    expect(without(3, deep)).toContainEqual([4, 20, 80]);
    expect(without(3, deep)).toContainEqual([2, 5, 20]);
  });

  test('two that could have been above it: to the one above both', () => {
    const twins = [
      span(1, undefined, 0, 100),
      span(2, 1, 10, 90),
      span(5, 1, 10, 91),
      span(3, 2, 15, 85),
      span(4, 3, 20, 80),
    ];
    const view = viewOf(twins.filter(({ id }) => id !== 3));
    const orphan = Array.from(view.orphan).indexOf(1);
    expect([view.parent[orphan], view.spanId(view.parent[orphan])]).toEqual([
      view.root,
      view.spanId(view.root),
    ]);
  });

  test('what does not lie within the root, or within one of several, stays without a parent', () => {
    expect(without(2, [span(1, undefined, 0, 100), span(2, 1, 10, 190), span(3, 2, 20, 180)])).toEqual([
      [1, 0, 100],
    ]);
    const roots = [
      span(1, undefined, 0, 100),
      span(9, undefined, 0, 99),
      span(2, 1, 10, 90),
      span(3, 2, 20, 80),
    ];
    expect(without(2, roots)).toEqual([[1, 0, 100]]);
  });

  test('very many lost spans cost no more than so many walks', () => {
    const lost = Array.from({ length: 5_000 }, (_, i) => span(10_000 + i, 50_000 + i, i, i + 1));
    const view = viewOf([span(1, undefined, 0, 6_000), ...lost]);
    expect(Array.from(view.parent).filter((parent) => parent >= 0)).toHaveLength(256);
  });
});

describe('one id for both sides of a call (Zipkin)', () => {
  test('the way between them is an edge, in any order of arrival', () => {
    const spans = [
      span(1, undefined, 0, 100, { service: 'front' }),
      span(2, 1, 10, 90, { service: 'front', kind: KIND.client }),
      span(2, 1, 30, 70, { service: 'back', kind: KIND.server }),
      span(3, 2, 40, 60, { service: 'back' }),
    ];
    const expected = [
      [1, 0, 10],
      [2, 10, 30, 'edge'],
      [2, 30, 40],
      [3, 40, 60],
      [2, 60, 70],
      [2, 70, 90, 'edge'],
      [1, 90, 100],
    ];
    expect(pathOf(spans)).toEqual(expected);
    expect(pathOf(spans.toReversed())).toEqual(expected);
  });
});

describe('several roots, cycles', () => {
  test('the longest root is explained', () => {
    expect(pathOf([span(1, undefined, 0, 50), span(2, undefined, 10, 90), span(3, 1, 0, 40)])).toEqual([
      [2, 10, 90],
    ]);
  });
  test('a cycle beside the root is beside the path', () => {
    const cycle = [span(2, 3, 0, 500), span(3, 2, 0, 400)];
    expect(pathOf([span(1, undefined, 0, 50), ...cycle])).toEqual([[1, 0, 50]]);
  });
  test('a trace that is one cycle is cut at its first span', () => {
    expect(pathOf([span(1, 3, 0, 50), span(2, 1, 10, 40), span(3, 2, 20, 30)])).toEqual([
      [1, 0, 10],
      [2, 10, 20],
      [3, 20, 30],
      [2, 30, 40],
      [1, 40, 50],
    ]);
  });
});

describe('clocks', () => {
  const call = (start: number, end: number) => [
    span(1, undefined, 0, 100, { service: 'front', kind: KIND.client }),
    span(2, 1, start, end, { service: 'back', kind: KIND.server }),
  ];
  test.each([
    ['wholly outside', -1000, -940],
    ['partly outside', 70, 130],
  ])('a callee %s its caller’s time is in the middle of it', (_, start, end) => {
    expect(pathOf(call(start, end))).toEqual([
      [1, 0, 20, 'edge'],
      [2, 20, 80],
      [1, 80, 100, 'edge'],
    ]);
  });
  test('a child of the same service is cut to its parent, one wholly outside dropped', () => {
    const spans = [span(1, undefined, 0, 100), span(2, 1, -20, 30), span(3, 1, 150, 160)];
    expect(pathOf(spans)).toEqual([
      [2, 20, 50],
      [1, 50, 120],
    ]);
  });
});

/** A plain run: what costs the square of the spans would take minutes. */
describe('10,000 spans', () => {
  const many = (of: (i: number) => TestSpan) => Array.from({ length: 10_000 }, (_, i) => of(i));
  const letters = (i: number) => String(i).replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)]);
  const below = (i: number) => (i === 0 ? undefined : 1);
  test.each<[string, TestSpan[], number]>([
    ['as deep', many((i) => span(i + 1, i || undefined, i, 30_000 - i, { name: letters(i) })), 30_000],
    [
      'across two clocks as deep',
      many((i) => {
        const skew = (i % 2) * 1e6;
        const kind = i % 2 === 0 ? KIND.client : KIND.server;
        return span(i + 1, i || undefined, i + skew, 30_000 - i + skew, { kind, service: `s${i % 2}` });
      }),
      30_000,
    ],
    [
      'in a row',
      many((i) => span(i + 1, below(i), i, i === 0 ? 20_000 : i + 1, { name: letters(i) })),
      20_000,
    ],
    [
      'in a row that overlaps',
      many((i) => span(i + 1, below(i), i, i === 0 ? 20_000 : i + 1 + (i % 7) * 0.9, { name: letters(i) })),
      20_000,
    ],
    ['side by side', many((i) => span(i + 1, below(i), 0, 20_000 - i, { name: letters(i) })), 20_000],
    ['under one id, each its own parent', many((i) => span(1, 1, i, i + 10)), 10],
    [
      'half of them one id and parents of the others',
      many((i) => (i % 2 === 0 ? span(1, undefined, i, i + 10) : span(i + 5, 1, i, i + 10))),
      10,
    ],
  ])('%s', (_, spans, length) => {
    const found = analysed(spans);
    expect(found.spanCount).toBe(10_000);
    expect(found.shares.reduce((sum, share) => sum + share.pathNs, 0)).toBe(length * 1e6);
    expect(found.path.reduce((sum, each) => sum + each.endNs - each.startNs, 0)).toBe(length * 1e6);
  });
});
