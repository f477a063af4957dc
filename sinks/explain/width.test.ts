import { expect, test } from 'vitest';
import { widthOf } from './width.ts';

test.each([
  [80, 80],
  [100, 100],
  [300, 120],
  [20, 60],
  [0, 80],
  [undefined, 80],
])('a terminal of %s columns: %d, whatever COLUMNS says', (columns, width) => {
  expect(widthOf({ isTTY: true, columns }, '72')).toBe(width);
});

test.each([
  [undefined, Number.POSITIVE_INFINITY],
  ['', Number.POSITIVE_INFINITY],
  ['0', Number.POSITIVE_INFINITY],
  ['-80', Number.POSITIVE_INFINITY],
  ['wide', Number.POSITIVE_INFINITY],
  ['80.5', Number.POSITIVE_INFINITY],
  ['72', 72],
  ['300', 300],
  ['10', 60],
])('piped, with COLUMNS %s: %d', (COLUMNS, width) => {
  expect(widthOf({}, COLUMNS)).toBe(width);
});
