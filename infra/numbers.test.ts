import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { number, wholeNumber } from './numbers.ts';

/** The value, or the reasons. */
function read(type: z.ZodType, input: unknown): unknown {
  const parsed = type.safeParse(input);
  return parsed.success ? parsed.data : parsed.error.issues.map(({ message }) => message);
}

describe('a whole number', () => {
  test.each([
    ['1', 1],
    ['10', 10],
    [' 7 ', 7],
    ['1e1', 10],
  ])('%j is %d', (text, value) => {
    expect(read(wholeNumber(1, 10), text)).toBe(value);
  });

  test.each([
    ['abc'],
    [''],
    [' '],
    ['NaN'],
    ['Infinity'],
    ['1.5'],
    ['0'],
    ['11'],
    ['1,2'],
    [['1', '2']],
    [undefined],
  ])('%j is refused, with one reason', (input) => {
    expect(read(wholeNumber(1, 10), input)).toEqual(['must be a whole number from 1 to 10']);
  });
});

test('a number may have a fraction', () => {
  expect(read(number(0, 1), '0.25')).toBe(0.25);
  expect(read(number(0, 1), '1.01')).toEqual(['must be a number from 0 to 1']);
  expect(read(number(0, 1), 'Infinity')).toEqual(['must be a number from 0 to 1']);
});

test.each([
  [wholeNumber(1), '0', 'must be a whole number of at least 1'],
  [number(undefined, 5), '6', 'must be a number of at most 5'],
  [wholeNumber(), '9007199254740993', 'must be a whole number'],
])('only the bounds that there are are told (%#)', (type, input, reason) => {
  expect(read(type, input)).toEqual([reason]);
});
