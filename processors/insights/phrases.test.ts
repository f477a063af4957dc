import { expect, test } from 'vitest';
import { LONGEST_TIMELINE } from './answer.ts';
import { longest, size, time } from './phrases.ts';

test.each([
  [0, '0 ms'],
  [0.4, '0.4 ms'],
  [83.4, '83 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [1234, '1.2 s'],
  [99_949, '99.9 s'],
  [99_951, '100 s'],
  [3_600_000, '3,600 s'],
])('%d ms is %s', (ms, text) => {
  expect(time(ms)).toBe(text);
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

test('a timeline keeps the longest entries, of equal ones the earlier', () => {
  const entries = Array.from({ length: LONGEST_TIMELINE + 10 }, (_, i) => ({
    label: String(i),
    startMs: i,
    durationMs: i === LONGEST_TIMELINE + 9 ? 2 : 1,
    outcome: 'ok',
  }));
  const kept = longest(entries).map((each) => Number(each.label));
  expect(kept).toHaveLength(LONGEST_TIMELINE);
  expect(kept[0]).toBe(LONGEST_TIMELINE + 9);
  expect(Math.max(...kept.slice(1))).toBe(LONGEST_TIMELINE - 2);
});
