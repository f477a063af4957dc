import { expect, test } from 'vitest';
import { shareBar, timeBar } from './bars.ts';

test.each([
  [0, ''],
  [1, '██████████'],
  [0.5, '█████'],
  [0.55, '█████▌'],
  [0.0001, '▏'],
  [1.5, '██████████'],
  [-1, ''],
])('a share of %d', (share, bar) => {
  expect(shareBar(share, 10)).toBe(bar);
});

test.each([
  ['all of it', 0, 100, '│██████████│'],
  ['its first half', 0, 50, '│█████     │'],
  ['a piece', 30, 20, '│   ██     │'],
  ['a moment', 30, 0, '│   ▏      │'],
  ['a moment at the end', 100, 0, '│         ▏│'],
  ['less than half a cell', 96, 4, '│         ▏│'],
  ['half a cell', 95, 5, '│         █│'],
  ['from before the start', -20, 50, '│███       │'],
  ['past the end', 80, 500, '│        ██│'],
  ['after the end', 200, 5, '│         ▏│'],
  ['no start', null, 5, '│          │'],
  ['no duration', 5, null, '│          │'],
])('%s', (_what, start, length, bar) => {
  expect(timeBar(start, length, 100, 10)).toBe(bar);
});

test('a trace that took no time', () => {
  expect(timeBar(0, 0, 0, 4)).toBe('│    │');
});
