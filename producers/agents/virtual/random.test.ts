import { expect, test } from 'vitest';
import { Random, seedBytes } from './random.ts';

const draws = (random: Random, count = 1000) => Array.from({ length: count }, () => random.word());
const of = (...parts: (string | number)[]) => new Random(seedBytes(...parts));

test('the same seed gives the same numbers, another one others', () => {
  expect(draws(of('a', 1))).toEqual(draws(of('a', 1)));
  const others = new Set(draws(of('a', 1)));
  expect(draws(of('a', 2)).filter((word) => others.has(word))).toEqual([]);
});

test('parts are told apart, however they join', () => {
  expect(seedBytes('ab', 'c')).not.toEqual(seedBytes('a', 'bc'));
  expect(seedBytes('1')).not.toEqual(seedBytes(1));
});

test('numbers are spread evenly between the bounds, the upper one excluded', () => {
  const random = of('spread');
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const value = random.between(5, 6);
    expect(value).toBeGreaterThanOrEqual(5);
    expect(value).toBeLessThan(6);
    tenths[Math.floor((value - 5) * 10)]++;
  }
  for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('every bit of an id is used', () => {
  const random = of('ids');
  const ids = Array.from({ length: 2000 }, () => random.id(16));
  for (let bit = 0; bit < 128; bit++) {
    const set = ids.filter((id) => (id[bit >> 3] >> (bit & 7)) & 1).length;
    expect(Math.abs(set - 1000)).toBeLessThan(200);
  }
  expect(random.id(8)).toHaveLength(8);
});
