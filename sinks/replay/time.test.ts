import { expect, test } from 'vitest';
import { timePoint, timeText } from './time.ts';

const NOW = Date.UTC(2026, 0, 31, 12);

test.each([
  ['earliest', 'earliest'],
  ['latest', 'latest'],
  ['-90s', NOW - 90_000],
  ['-24h', Date.UTC(2026, 0, 30, 12)],
  ['-7d', Date.UTC(2026, 0, 24, 12)],
  ['2026-01-31', Date.UTC(2026, 0, 31)],
  ['2026-01-31T10:00', Date.UTC(2026, 0, 31, 10)],
  ['2026-01-31 10:00:05', Date.UTC(2026, 0, 31, 10, 0, 5)],
  ['2026-01-31T10:00:05.250Z', Date.UTC(2026, 0, 31, 10, 0, 5, 250)],
  ['2026-01-31T10:00+02:00', Date.UTC(2026, 0, 31, 8)],
])('%s', (text, expected) => {
  expect(timePoint(text, NOW)).toBe(expected);
});

test.each(['', 'yesterday', '24h', '-24', '-1y', '2026-13-01', '2026-01-31T25:00', '12:00'])(
  'not %s',
  (text) => {
    expect(() => timePoint(text, NOW)).toThrow('A time is like');
  },
);

test('times as people read them, and what is no time as it is', () => {
  expect(timeText(NOW + 999)).toBe('2026-01-31 12:00:00');
  expect(timeText(1e18)).toBe('1000000000000000000');
});
