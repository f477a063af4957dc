import { expect, it } from 'vitest';
import { TraceOffsets } from './trace-offsets.ts';

it('gives the last offset before which nothing is later than a clock', () => {
  const offsets = new TraceOffsets(100);
  offsets.add(5_000, 110);
  offsets.add(5_500, 111);
  offsets.add(8_000, 120);
  offsets.add(11_000, 130);
  expect(offsets.from(4_999)).toBe(100);
  expect(offsets.from(7_999)).toBe(110);
  expect(offsets.from(8_000)).toBe(120);
  expect(offsets.from(9_999_999)).toBe(130);
});

it('what was sent again after a crash counts from its second time', () => {
  const offsets = new TraceOffsets(0);
  offsets.add(1_000, 1);
  offsets.add(9_000, 9);
  offsets.add(4_000, 20);
  offsets.add(9_000, 25);
  expect(offsets.from(5_000)).toBe(20);
  expect(offsets.from(9_000)).toBe(25);
});
