import { expect, test } from 'vitest';
import { withNumber } from './texts.ts';

test('a name with its number, whichever were asked for before', () => {
  for (const number of [3, 1, 2, 200, 201, 5_000, 1]) {
    expect(withNumber('search', number)).toBe(`search #${number}`);
    expect(withNumber('', number)).toBe(` #${number}`);
    expect(withNumber('x'.repeat(300), number)).toBe(`${'x'.repeat(300)} #${number}`);
  }
});

test('more names than are kept', () => {
  for (let i = 0; i < 2_500; i++)
    expect(withNumber(`tool ${i % 1_250}`, (i % 7) + 1)).toBe(`tool ${i % 1_250} #${(i % 7) + 1}`);
});
