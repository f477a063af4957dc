import { expect, test } from 'vitest';
import { elapsed, elapsedAfter, number, percent, plural, size } from './format.ts';

test.each([
  [0, '0'],
  [0.04, '0.0'],
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

test('shares, one and many', () => {
  expect([percent(0.667), plural(0, 'call'), plural(1, 'stall'), plural(1200, 'call')]).toEqual([
    '67 %',
    '0 calls',
    '1 stall',
    '1,200 calls',
  ]);
});

test.each([
  [0, '0 ms'],
  [0.000009, '<0.01 ms'],
  [0.005, '0.01 ms'],
  [0.2499, '0.25 ms'],
  [0.4, '0.4 ms'],
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
  [12_345_678, '12,345.7 s'],
  [-50, '-50 ms'],
  [-1234.5, '-1,235 ms'],
  [-0.001, '<0.01 ms'],
  [0.9949, '0.99 ms'],
  [0.995, '1 ms'],
  [9.95, '10 ms'],
  [1000, '1,000 ms'],
])('%d ms is %s', (ms, text) => {
  expect(elapsed(ms)).toBe(text);
});

test.each([
  [0, '0 bytes'],
  [512, '512 bytes'],
  [2048, '2.0 KB'],
  [999_949, '999.9 KB'],
  [999_950, '1 MB'],
  [2_500_000, '2.5 MB'],
  [1_234_000_000, '1,234 MB'],
])('%d bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

test('times below 10 s read as their rounded digits, ties up, on every asking and after any text', () => {
  const waited = elapsedAfter('waited ');
  for (let i = 0; i < 4_000; i++) {
    const ms = i % 2 === 0 ? 9.95 + i * 2.25 : 10 + i + 0.5;
    const text = Number(ms.toFixed(0));
    const expected = `${text < 1000 ? text : `${String(text).slice(0, -3)},${String(text).slice(-3)}`} ms`;
    expect(elapsed(ms)).toBe(expected);
    expect(elapsed(ms)).toBe(expected);
    expect(waited(ms)).toBe(`waited ${expected}`);
  }
  for (let i = 1; i < 1_980; i++) {
    const ms = 0.005 * i + 0.005;
    const expected = `${Number(ms.toFixed(ms >= 0.995 ? 1 : 2))} ms`;
    if (ms < 9.95) expect(elapsed(ms)).toBe(expected);
  }
  expect(waited(-12.5)).toBe('waited -13 ms');
  expect(waited(0.001)).toBe('waited <0.01 ms');
});
