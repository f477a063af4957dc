import { expect, test } from 'vitest';
import { firstOf, shortName } from './short.ts';

test('a long name keeps its beginning and its end', () => {
  expect(shortName('a'.repeat(200))).toBe('a'.repeat(200));
  expect(shortName(`begin${'x'.repeat(300)}end`, 11)).toBe('begin…xxend');
});

test('a name is not cut inside a character', () => {
  for (const most of [5, 6, 7, 8, 9]) expect(shortName('😀'.repeat(10), most).isWellFormed()).toBe(true);
});

test.each([0, 1, 2, 3, 7, 100])('the first %i in order, as sorting has them', (most) => {
  const items = Array.from({ length: 60 }, (_, i) => (i * 37) % 61);
  const order = (a: number, b: number) => a - b;
  expect(firstOf(items, most, order)).toEqual(items.toSorted(order).slice(0, most));
  expect(
    firstOf(
      items.toSorted((a, b) => b - a),
      most,
      order,
    ),
  ).toEqual(items.toSorted(order).slice(0, most));
});
