import { describe, expect, test } from 'vitest';
import { clean, columns, cut, left, right, wrap } from './text.ts';

test.each([
  ['', 0],
  ['plan trip', 9],
  ['計画', 4],
  ['e\u0301', 1],
  ['🚀', 2],
  ['│ ████ │', 8],
])('columns of %j', (text, width) => {
  expect(columns(text)).toBe(width);
});

test.each([
  ['planner', 7, 'planner'],
  ['planner', 6, 'plann…'],
  ['plan trip', 6, 'plan…'],
  ['計画計画', 5, '計画…'],
  ['計画計画', 4, '計…'],
  ['🚀🚀🚀', 3, '🚀…'],
  ['planner', 0, ''],
])('%j cut to %d', (text, width, expected) => {
  expect(cut(text, width)).toBe(expected);
});

test('left and right fill, and never cut', () => {
  expect([left('計', 4), left('planner', 4), right('8 ms', 6), right('12,345 ms', 4)]).toEqual([
    '計  ',
    'planner',
    '  8 ms',
    '12,345 ms',
  ]);
});

describe('wrap', () => {
  test.each([
    ['', 10, []],
    ['a b', 10, ['a b']],
    ['one two three', 7, ['one two', 'three']],
    ['one two three', 6, ['one', 'two', 'three']],
    ['  spaces   go  ', 20, ['spaces go']],
    ['abcdefghij k', 4, ['abcd', 'efgh', 'ij k']],
    ['ab 🚀🚀🚀', 4, ['ab', '🚀🚀', '🚀']],
    ['計計', 1, ['計', '計']],
  ])('%j at %d', (text, width, lines) => {
    expect(wrap(text, width)).toEqual(lines);
  });
});

test('what steers a terminal or turns a line is replaced', () => {
  expect(clean('a\u001b[31mb\u202ec\u2067d\r')).toBe('a\ufffd[31mb\ufffdc\ufffdd\ufffd');
});
