import { expect, it } from 'vitest';
import { RecycledBuffers } from './recycled.ts';

const MIB = 1 << 20;

it('a buffer that was given back is used again where it is large enough, the smallest first', () => {
  const buffers = new RecycledBuffers(10 * MIB);
  const large = buffers.take(3 * MIB);
  const small = buffers.take(100);
  expect([large.byteLength, small.byteLength]).toEqual([4 * MIB, MIB]);
  buffers.give(large);
  buffers.give(small);
  expect(buffers.take(MIB)).toBe(small);
  buffers.give(small);
  expect(buffers.take(2 * MIB)).toBe(large);
  expect(buffers.take(2 * MIB)).not.toBe(small);
  expect(buffers.take(MIB)).toBe(small);
});

it('no two takers get the same', () => {
  const buffers = new RecycledBuffers(10 * MIB);
  buffers.give(buffers.take(MIB));
  expect(buffers.take(MIB)).not.toBe(buffers.take(MIB));
});

it('keeps no more than it may, those used last, and nothing that was transferred away', () => {
  const buffers = new RecycledBuffers(2 * MIB);
  const three = [1, 2, 3].map(() => buffers.take(MIB));
  for (const buffer of three) buffers.give(buffer);
  expect([buffers.take(MIB), buffers.take(MIB)]).toEqual([three[2], three[1]]);
  expect(three).not.toContain(buffers.take(MIB));
  const huge = buffers.take(3 * MIB);
  buffers.give(huge);
  expect(buffers.take(3 * MIB)).not.toBe(huge);
  const gone = buffers.take(MIB);
  structuredClone(gone, { transfer: [gone] });
  buffers.give(gone);
  expect(buffers.take(MIB).byteLength).toBe(MIB);
});

it('small ones that nobody takes make room for large ones', () => {
  const buffers = new RecycledBuffers(4 * MIB);
  const small = [1, 2, 3, 4].map(() => buffers.take(MIB));
  for (const buffer of small) buffers.give(buffer);
  const large = buffers.take(4 * MIB);
  buffers.give(large);
  expect(buffers.take(4 * MIB)).toBe(large);
});
