import { expect, test } from 'vitest';
import { int64Of, jsonTime, time, traceId } from './parameters.ts';

test.each([
  ['1700000000000', 1_700_000_000_000],
  ['0', 0],
  ['2023-11-14T22:13:20Z', 1_700_000_000_000],
  ['2023-11-14T23:13:20.5+01:00', 1_700_000_000_500],
  ['2023-11-14', 1_699_920_000_000],
  ['2024-02-29', 1_709_164_800_000],
  ['2023-12-31T23:59:59-01:00', 1_704_070_799_000],
])('time %s', (text, ms) => {
  expect(time.parse(text)).toBe(ms);
});

test.each([
  '',
  'yesterday',
  '-1',
  '1e5',
  '99999999999999',
  '1969-12-31T00:00:00Z',
  '3000-01-01T00:00:00Z',
  '2023-11-14T22:13:20',
  '2023-13-01',
  '2023-02-31',
  '2023-02-29T00:00:00Z',
  '2023-04-31T10:00:00+02:00',
  '2023-11-00',
])('time %j is refused', (text) => {
  expect(time.safeParse(text).success).toBe(false);
});

test('in JSON unix milliseconds are a number, too', () => {
  expect(jsonTime.parse(1_700_000_000_000)).toBe(1_700_000_000_000);
  expect(jsonTime.parse('1700000000000')).toBe(1_700_000_000_000);
  expect(jsonTime.parse('2023-11-14T22:13:20Z')).toBe(1_700_000_000_000);
  for (const wrong of [-1, 1.5, 1e300, Number.NaN, null, true, '2023-02-30'])
    expect(jsonTime.safeParse(wrong).success).toBe(false);
});

test('integers stay exact past 2^53', () => {
  expect(int64Of('9007199254740991')).toBe(9007199254740991);
  expect(int64Of('9007199254740993')).toBe('9007199254740993');
  expect(int64Of(5)).toBe(5);
});

test('trace ids are 32 hex digits, in either case', () => {
  expect(traceId.parse('AB'.repeat(16))).toBe('ab'.repeat(16));
  expect(traceId.safeParse('ab'.repeat(15)).success).toBe(false);
  expect(traceId.safeParse("'; DROP TABLE x; -- aaaaaaaaaaaaa").success).toBe(false);
});
