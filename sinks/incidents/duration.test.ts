import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { minutesOf } from './duration.ts';

test.each([
  ['45m', 45],
  ['2h', 120],
  ['1h30m', 90],
  ['3d', 4320],
  ['1w2d', 12_960],
  ['366d', 527_040],
])('%s is %i minutes', (text, minutes) => {
  expect(minutesOf(text)).toBe(minutes);
});

test.each(['', '0m', '2', '2 h', 'h', '30m1h', '-1h', '1.5h', '90s'])('%j is none', (text) => {
  expect(() => minutesOf(text)).toThrow(InvalidArgumentError);
});

test.each(['400d', '366d1m', '53w'])('%s is too long', (text) => {
  expect(() => minutesOf(text)).toThrow(/at most 366d/);
});
