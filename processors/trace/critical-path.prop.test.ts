import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analysed } from '../detectors/analysed.testkit.ts';
import { criticalPath, pathRoot, SEGMENT } from './critical-path.ts';
import { anySpans } from './forest.testkit.ts';
import { pathSegments } from './lists.testkit.ts';
import { shuffled, type TestSpan, viewOf } from './testkit.ts';

describe('for any trace', () => {
  test("the pieces cover the root's duration in order, without overlap", () => {
    fc.assert(
      fc.property(anySpans, (spans) => {
        const view = viewOf(spans);
        const path = criticalPath(view);
        const root = pathRoot(view);
        let at = view.start[root];
        for (let i = 0; i < path.n; i++) {
          expect(path.start[i]).toBe(at);
          expect(path.end[i]).toBeGreaterThan(at);
          at = path.end[i];
        }
        expect(at).toBe(view.end[root]);
      }),
      { numRuns: 500 },
    );
  });

  test('each piece lies within its span, and its span below the root', () => {
    fc.assert(
      fc.property(anySpans, (spans) => {
        const view = viewOf(spans);
        const path = criticalPath(view);
        for (let i = 0; i < path.n; i++) {
          const row = path.row[i];
          expect(path.start[i]).toBeGreaterThanOrEqual(view.start[row]);
          expect(path.end[i]).toBeLessThanOrEqual(view.end[row]);
          let top = row;
          while (view.parent[top] >= 0) top = view.parent[top];
          expect(top).toBe(pathRoot(view));
        }
      }),
    );
  });

  test('any order of arrival and any duplicates give an equal analysis', () => {
    fc.assert(
      fc.property(anySpans, fc.nat(), fc.array(fc.nat(29)), (spans, seed, again) => {
        const twice = again.map((i) => spans[i % spans.length]);
        expect(analysed(shuffled([...spans, ...twice], seed))).toEqual(analysed(spans));
      }),
      { numRuns: 200 },
    );
  });
});

test('calls one after the other are all on the path, though their starts are rounded', () => {
  const calls = fc.array(fc.record({ gap: fc.nat(999), length: fc.integer({ min: 1000, max: 5000 }) }), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(calls, (list) => {
      const spans: TestSpan[] = [];
      let us = 0;
      for (const [i, { gap, length }] of list.entries()) {
        us += gap;
        const start = Math.floor(us / 1000);
        spans.push({ id: i + 2, parent: 1, name: 'call', start, end: start + length / 1000 });
        us += length;
      }
      spans.push({ id: 1, name: 'root', start: 0, end: us / 1000 + 1 });
      const view = viewOf(spans);
      expect(new Set([...criticalPath(view).row, view.root]).size).toBe(spans.length);
    }),
  );
});

test('a path of very many pieces is drawn together and still covers the root', () => {
  fc.assert(
    fc.property(anySpans, fc.integer({ min: 1, max: 5 }), (spans, longestKept) => {
      const view = viewOf(spans);
      const path = criticalPath(view);
      const segments = pathSegments(view, path, longestKept);
      expect(segments.length).toBeLessThanOrEqual(Math.max(longestKept * 2 + 1, 1));
      const sum = segments.reduce((all, { startNs, endNs }) => all + endNs - startNs, 0);
      expect(sum).toBe(view.end[pathRoot(view)] - view.start[pathRoot(view)]);
      for (let i = 1; i < segments.length; i++) expect(segments[i].startNs).toBe(segments[i - 1].endNs);
    }),
  );
});

test('the types of a path are named in the order of their numbers', () => {
  expect(Object.keys(SEGMENT)).toEqual(['self', 'edge', 'idle']);
});
