import { afterEach, expect, test } from 'vitest';
import { buildTraceView } from './build.ts';
import { criticalPath } from './critical-path.ts';
import { lendArrays, lentInt32s, takeArraysBack } from './lent.ts';
import { pathShares } from './lists.testkit.ts';
import { columnsOf, type TestSpan } from './testkit.ts';

afterEach(takeArraysBack);

/** A root with so many children, the last ones orphans; `way` changes all that a view tells. */
function trace(children: number, way: number): TestSpan[] {
  const spans: TestSpan[] = [{ id: 1, name: `root ${way}`, start: 0, end: 100 }];
  for (let i = 0; i < children; i++)
    spans.push({
      id: i + 2,
      parent: way === 1 && i === children - 1 ? 99 : i % 3 === way ? 2 : 1,
      name: `step${way}`,
      kind: 1 + ((i + way) % 3),
      start: i * 5 + way,
      end: i * 5 + 4 + way * 3,
      error: i % 2 === way,
      attributes: { 'ati.attempt': way * 100 + i, 'gen_ai.agent.name': `agent ${way}` },
    });
  return spans;
}

/** All that is told of a trace, as text. */
function told(spans: readonly TestSpan[]): string {
  const view = buildTraceView(columnsOf(spans));
  const path = criticalPath(view);
  const rows = [...view.start.keys()];
  return JSON.stringify([
    Object.values(view).filter((each) => typeof each !== 'bigint'),
    path,
    pathShares(view, path),
    rows.map((row) => [...view.children(row)]),
    rows.map((row) => view.attribute(row, 'ati.attempt') ?? null),
  ]);
}

test('a view in arrays that another trace had is the view in its own', () => {
  const traces = [trace(12, 0), trace(12, 1), trace(9, 1), trace(9, 0), trace(12, 1), trace(200, 0)];
  const own = traces.map(told);
  const lent = traces.map((spans) => {
    lendArrays();
    const text = told(spans);
    takeArraysBack();
    return text;
  });
  expect(lent).toEqual(own);
});

test('no array is lent twice at a time, and all come back', () => {
  lendArrays();
  const [one, two] = [lentInt32s(5), lentInt32s(5)];
  expect(one).not.toBe(two);
  lendArrays();
  expect(lentInt32s(5)).toBe(one);
  takeArraysBack();
  const own = lentInt32s(5);
  expect([one, two]).not.toContain(own);
  expect(own).toEqual(new Int32Array(5));
});
