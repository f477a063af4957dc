import { expect, it } from 'vitest';
import { clampEventTime } from './clamp.ts';

it.each([
  ['before the clock: as it is', 99, 99],
  ['a fraction of a ms: its whole ms', 99.9, 99],
  ['exactly at the clock', 100, 100],
  ['a fraction after the clock: the clock', 100.5, 100],
  ['a ms after', 101, 100],
  ['the last moment that 64 bits of ns can tell', 2 ** 64 / 1e6, 100],
  ['1970: as it is, to be dropped as too old', 0, 0],
])('%s', (_, eventTime, expected) => {
  expect(clampEventTime(eventTime, 100)).toBe(expected);
});
