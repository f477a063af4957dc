import { expect, test } from 'vitest';
import { inMs, ms, number, percent, plural, ratio, reader, total } from './measures.ts';

test.each([
  [0, '0'],
  [5, '5'],
  [5.25, '5.3'],
  [9.96, '10.0'],
  [12.4, '12'],
  [999.5, '1,000'],
  [2140.4, '2,140'],
  [1_234_567, '1,234,567'],
])('%f reads %s', (value, text) => {
  expect(number(value)).toBe(text);
});

test('units and shares', () => {
  expect([inMs(2140), percent(0.667), plural(1, 'stall'), plural(1200, 'call')]).toEqual([
    '2,140 ms',
    '67 %',
    '1 stall',
    '1,200 calls',
  ]);
});

test('measures are rounded to the µs and to four digits', () => {
  expect(ms('a', 1_234_567.8)).toEqual({ name: 'a', value: 1.235, unit: 'ms' });
  expect(ratio('b', 2 / 3)).toEqual({ name: 'b', value: 0.6667, unit: 'ratio' });
});

test('evidence by name; a name that is not there is a bug', () => {
  const read = reader([ms('a', 1e6)]);
  expect(read('a')).toBe(1);
  expect(() => read('b')).toThrow('no evidence named b');
});

test('sum over facts', () => {
  const fact = (value: number) => ({
    kind: 'retry_storm' as const,
    callee: 'c',
    values: [ms('a', value * 1e6)],
  });
  expect(total([fact(1), fact(2)], 'a')).toBe(3);
  expect(total([fact(1)], 'b')).toBe(0);
});
