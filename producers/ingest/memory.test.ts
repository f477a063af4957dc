import { expect, test } from 'vitest';
import { borrow, free, giveBack } from './memory.ts';

test('what is given back is given again, for any size up to its own', () => {
  const first = borrow(40_000);
  expect(first.length).toBe(40_000);
  giveBack(first);
  const again = borrow(60_000);
  expect(again.length).toBe(60_000);
  expect(again.buffer).toBe(first.buffer);
});

test('two that are out at once share nothing, also where one was given back twice', () => {
  const first = borrow(10_000);
  giveBack(first);
  giveBack(first);
  const [one, other] = [borrow(10_000), borrow(10_000)];
  expect(one.buffer).not.toBe(other.buffer);
});

test('memory that was never borrowed is not taken', () => {
  const own = Buffer.allocUnsafeSlow(16 << 10);
  giveBack(own);
  expect(borrow(16 << 10).buffer).not.toBe(own.buffer);
});

test('no more than 8 MiB are kept', () => {
  const all = Array.from({ length: 20 }, () => borrow(1 << 20));
  const buffers = new Set(all.map(({ buffer }) => buffer));
  for (const each of all) giveBack(each);
  const known = Array.from({ length: 20 }, () => borrow(1 << 20)).filter(({ buffer }) => buffers.has(buffer));
  expect(known.length).toBeGreaterThan(4);
  expect(known.length).toBeLessThanOrEqual(8);
});

test('small and very large pieces are Node’s', () => {
  expect(borrow(0).length).toBe(0);
  expect(borrow(8191).length).toBe(8191);
  expect(borrow((1 << 20) + 1).length).toBe((1 << 20) + 1);
});

test('what is freed is gone at once; a view of a larger buffer is left alone', () => {
  const whole = Buffer.alloc(10, 1);
  const view = Buffer.alloc(10, 1).subarray(1);
  for (const each of [whole, view]) free(each);
  expect([whole.length, view.length, view[0]]).toEqual([0, 9, 1]);
});
