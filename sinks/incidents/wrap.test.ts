import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrap } from './wrap.ts';

test('lines end at spaces; those after the first are indented', () => {
  expect(wrap('one two three  four five', 13, 2)).toBe('one two three\n  four five');
  expect(wrap('    a bb ccc', 9, 6)).toBe('    a bb\n      ccc');
  expect(wrap('a  b', 80, 4)).toBe('a  b');
});

test('colours take no room', () => {
  expect(wrap('\u001b[31mred\u001b[39m and blue', 12, 0)).toBe('\u001b[31mred\u001b[39m and blue');
});

test('a long word stays whole; without a width nothing is broken', () => {
  expect(wrap('an identifier', 4, 0)).toBe('an\nidentifier');
  expect(wrap('an identifier', Number.POSITIVE_INFINITY, 0)).toBe('an identifier');
});

test('no word is lost or too far right, whatever the text', () => {
  const text = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'ö', '→'), maxLength: 9 }));
  fc.assert(
    fc.property(text, fc.integer({ min: 14, max: 40 }), fc.nat({ max: 4 }), (words, columns, indent) => {
      const wrapped = wrap(words.join(' '), columns, indent);
      for (const line of wrapped.split('\n')) expect([...line].length).toBeLessThanOrEqual(columns);
      expect(wrapped.split(/\s+/).filter(Boolean)).toEqual(words.filter(Boolean));
    }),
  );
});
