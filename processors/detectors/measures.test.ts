import { expect, test } from 'vitest';
import { inMs, ms, ratio, reader, total } from './measures.ts';

test('times of incidents are in ms, however long', () => {
  expect([inMs(2140), inMs(20_123)]).toEqual(['2,140 ms', '20,123 ms']);
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
