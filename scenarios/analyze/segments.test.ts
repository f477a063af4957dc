import { expect, test } from 'vitest';
import type { PathSegment } from '#schemas/events.ts';
import { segmentLines } from './segments.ts';
import { view } from './testing.ts';

/** One piece of 1 ms for each, in order: `name`, `~name` an edge, `?name` a wait. */
const path = (...names: string[]) =>
  names.map((name, i): PathSegment => {
    const type = name.startsWith('~') ? 'edge' : name.startsWith('?') ? 'idle' : 'self';
    const operation = name.replace(/^[~?]/, '');
    return {
      ...{ spanId: String(i), role: 'other', service: 'shop', operation, type },
      startNs: i * 1e6,
      endNs: (i + 1) * 1e6,
    };
  });
const labels = (...names: string[]) =>
  segmentLines(path(...names), names.length * 1e6, view()).map((line) =>
    line.replace(/^.*?ms +[\d.]+ ms +/, '').replace(/ {2,}/g, ' | '),
  );

test('pieces in order of time; the network and a person are marked', () => {
  expect(labels('plan', '~call', 'call', '?review')).toEqual([
    'plan (shop)',
    'to or from call | network',
    'call (shop)',
    'review (shop) | waited for a person',
  ]);
});

test('what repeats is one line', () => {
  expect(labels('a', 'b', 'b', 'b', 'c')).toEqual(['a (shop)', 'b (shop) × 3', 'c (shop)']);
  expect(labels('x', ...Array.from({ length: 40 }, (_, i) => 'ab'[i % 2]), 'y')).toEqual([
    'x (shop)',
    'a (shop) → b (shop) × 20',
    'y (shop)',
  ]);
});

test('twice is no repeat', () => {
  expect(labels('a', 'b', 'a', 'b')).toHaveLength(4);
});

test('a path of one piece is told by its share alone', () => {
  expect(labels('a')).toEqual([]);
});

test('long paths show the longest and count the rest', () => {
  const lines = labels(...Array.from({ length: 100 }, (_, i) => `op${i}`));
  expect(lines.length).toBeLessThan(40);
  expect(lines.some((line) => / more/.test(line))).toBe(true);
});
