import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CriticalPath, criticalPath, waitsFor } from './critical-path.ts';
import { dragOf } from './drag.ts';
import { type TestSpan, viewOf } from './testkit.ts';
import type { TraceView } from './view.ts';

const span = (id: number, parent: number | undefined, start: number, end: number): TestSpan => ({
  id,
  parent,
  start,
  end,
  name: 'step',
});

/** Path time and drag in ms of all pieces that one span owns. */
function dragOfSpan(spans: readonly TestSpan[], id: number): { path: number; drag: number } {
  const view = viewOf(spans);
  const path = criticalPath(view);
  const groupOf = path.row.map((row) => (Number.parseInt(view.spanId(row), 16) === id ? 1 : 0));
  let time = 0;
  for (let i = 0; i < path.n; i++) if (groupOf[i] === 1) time += path.end[i] - path.start[i];
  return { path: time / 1e6, drag: dragOf(view, path, groupOf, 2)[1] / 1e6 };
}

test('of a serial chain every piece is gained whole', () => {
  const chain = [span(1, undefined, 0, 100), span(2, 1, 10, 40), span(3, 1, 50, 90), span(4, 3, 60, 70)];
  expect([1, 2, 3, 4].map((id) => dragOfSpan(chain, id))).toEqual(
    [30, 30, 30, 10].map((ms) => ({ path: ms, drag: ms })),
  );
});

test('very much beside a path, and a little after that', () => {
  const steps = Array.from({ length: 5000 }, (_, i) => [
    span(2 * i + 2, 1, i * 20, i * 20 + 20),
    span(2 * i + 3, 1, i * 20 + 5, i * 20 + 15),
  ]);
  const many = [span(1, undefined, 0, 100_000), ...steps.flat()];
  expect([2, 5000, 10_000].map((id) => dragOfSpan(many, id))).toEqual(Array(3).fill({ path: 20, drag: 5 }));
  expect(dragOfSpan(many.slice(0, 5), 2)).toEqual({ path: 20, drag: 5 });
});

describe('beside it', () => {
  const beside = (end: number, start = 10) => [
    span(1, undefined, 0, 100),
    span(2, 1, 10, 90),
    span(3, 1, start, end),
  ];
  test('a twin that ends at the same moment leaves nothing to gain', () => {
    expect(dragOfSpan([...beside(90), span(4, 1, 90, 95)], 2)).toEqual({ path: 80, drag: 0 });
  });
  test('what ends earlier leaves its slack', () => {
    expect(dragOfSpan(beside(70), 2)).toEqual({ path: 80, drag: 20 });
  });
  test('what began later stays as late', () => {
    expect(dragOfSpan(beside(70, 60), 2)).toEqual({ path: 80, drag: 20 });
  });
  test("the caller's own time before both is gained whole, after both too", () => {
    expect(dragOfSpan(beside(90), 1)).toEqual({ path: 20, drag: 20 });
  });
  test('of own time in which the other began only what came before that', () => {
    // 1 works until 50 and calls 2; what it began at 20 ends with 2.
    const spans = [span(1, undefined, 0, 100), span(2, 1, 50, 100), span(3, 1, 20, 99)];
    expect(dragOfSpan(spans, 1)).toEqual({ path: 50, drag: 21 });
  });
  test('a slow brother of the caller limits what a callee can give', () => {
    const spans = [
      span(1, undefined, 0, 100),
      span(2, 1, 0, 100),
      span(3, 2, 10, 80),
      span(4, 1, 0, 95), // runs beside 2, not beside 3's siblings
    ];
    expect(dragOfSpan(spans, 3)).toEqual({ path: 70, drag: 5 });
  });
  test('what ended before it began is no limit', () => {
    const spans = [span(1, undefined, 0, 100), span(2, 1, 0, 40), span(3, 1, 0, 30), span(4, 1, 40, 100)];
    expect(dragOfSpan(spans, 4)).toEqual({ path: 60, drag: 60 });
    expect(dragOfSpan(spans, 2)).toEqual({ path: 40, drag: 10 });
  });
});

test('a trace that takes no time', () => {
  const view = viewOf([span(1, undefined, 5, 5)]);
  expect(dragOf(view, criticalPath(view), new Int32Array(0), 1)).toEqual(new Float64Array(1));
});

/** Ticks of a quarter of a millisecond: finer than what a rounded start is forgiven. */
const TICK = 0.25;

/** The model of drag.ts tick by tick: by how many ticks sooner the end is reached without the pieces of one span. */
function byHand(view: TraceView, path: CriticalPath, without: number): number {
  const at = (ns: number) => Math.round((ns - path.start[0]) / (TICK * 1e6));
  const length = at(path.end[path.n - 1]);
  const below = (row: number, top: number): boolean =>
    row === top || (view.parent[row] >= 0 && below(view.parent[row], top));
  const window = (row: number) => {
    const pieces = [...path.row.keys()].filter((i) => below(path.row[i], row));
    if (pieces.length === 0) return undefined;
    return { start: at(path.start[pieces[0]]), end: at(path.end[pieces.at(-1)!]) };
  };
  const holds: { join: number; from: number; length: number }[] = [];
  for (let row = 0; row < view.n; row++) {
    const own = window(row);
    if (own === undefined) continue;
    const children = [...view.children(row)];
    const onPath = children.map(window).filter((each) => each !== undefined);
    for (const child of children) {
      if (window(child) !== undefined || !waitsFor(view, row, child)) continue;
      const start = Math.max(at(view.start[child]), own.start);
      const end = Math.min(at(view.end[child]), own.end);
      const joined = onPath.find((each) => each.start < end && end <= each.end);
      if (end <= start || joined === undefined) continue;
      const began = onPath.find((each) => each.start <= start && start < each.end);
      const from = began?.start ?? start;
      holds.push({ join: joined.end, from, length: end - from });
    }
  }
  const reached = [0];
  for (let tick = 1; tick <= length; tick++) {
    const i = path.start.findLastIndex((start) => at(start) < tick);
    reached[tick] = reached[tick - 1] + (path.row[i] === without ? 0 : 1);
    for (const { join, from, length } of holds)
      if (join === tick) reached[tick] = Math.max(reached[tick], reached[from] + length);
  }
  return length - reached[length];
}

/** Trees of whole ticks, within their parents or not. */
const trees = fc
  .array(
    fc.record({
      parent: fc.nat(),
      start: fc.nat(20),
      length: fc.nat(25),
      kind: fc.constantFrom(1, 2, 3, 4, 5),
    }),
    {
      minLength: 1,
      maxLength: 9,
    },
  )
  .map((list) => [
    span(1, undefined, 0, 40 * TICK),
    ...list.map(
      ({ parent, start, length, kind }, i): TestSpan => ({
        ...span(i + 2, 1 + (parent % (i + 1)), start * TICK, (start + length) * TICK),
        kind,
      }),
    ),
  ]);

test('is what a simulation by ticks gives, and at most the time on the path', () => {
  fc.assert(
    fc.property(trees, (spans) => {
      const view = viewOf(spans);
      const path = criticalPath(view);
      const drag = dragOf(view, path, path.row, view.n);
      const time = new Float64Array(view.n);
      for (let i = 0; i < path.n; i++) time[path.row[i]] += path.end[i] - path.start[i];
      for (let row = 0; row < view.n; row++) {
        expect(drag[row]).toBeGreaterThanOrEqual(0);
        expect(drag[row]).toBeLessThanOrEqual(time[row]);
        if (time[row] > 0) expect(drag[row] / 1e6 / TICK).toBe(byHand(view, path, row));
      }
    }),
    { numRuns: 1000 },
  );
});
