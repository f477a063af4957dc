import { expect, test } from 'vitest';
import { counted, duration, percent } from './numbers.ts';

test.each([
  [null, '?'],
  [0, '0 ms'],
  [0.000009, '<0.01 ms'],
  [0.005, '0.01 ms'],
  [0.2499, '0.25 ms'],
  [0.996, '1 ms'],
  [8.25, '8.3 ms'],
  [9.94, '9.9 ms'],
  [9.96, '10 ms'],
  [632.6, '633 ms'],
  [4999.4, '4,999 ms'],
  [9999.4, '9,999 ms'],
  [9999.5, '10 s'],
  [20_123, '20.1 s'],
  [3_600_000, '3,600 s'],
  [-50, '-50 ms'],
])('%s ms', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, '0 %'],
  [0.001, '<1 %'],
  [0.005, '1 %'],
  [0.529, '53 %'],
  [1, '100 %'],
])('a share of %d', (share, text) => {
  expect(percent(share)).toBe(text);
});

test('one and many', () => {
  expect([counted(0, 'span'), counted(1, 'span'), counted(1200, 'span')]).toEqual([
    '0 spans',
    '1 span',
    '1,200 spans',
  ]);
});
