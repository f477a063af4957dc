import { expect, it } from 'vitest';
import { RecycledBuffers } from './recycled.ts';

const MIB = 1 << 20;

it('a buffer that was given back is used again where it is large enough', () => {
  const buffers = new RecycledBuffers(10 * MIB);
  const large = buffers.take(3 * MIB);
  const small = buffers.take(100);
  expect([large.byteLength, small.byteLength]).toEqual([3 * MIB, MIB]);
  buffers.give(small);
  buffers.give(large);
  expect(buffers.take(2 * MIB)).toBe(large);
  expect(buffers.take(2 * MIB)).not.toBe(small);
  expect(buffers.take(MIB)).toBe(small);
});

it('no two takers get the same', () => {
  const buffers = new RecycledBuffers(10 * MIB);
  buffers.give(buffers.take(MIB));
  expect(buffers.take(MIB)).not.toBe(buffers.take(MIB));
});

it('keeps no more than it may, and nothing that was transferred away', () => {
  const buffers = new RecycledBuffers(2 * MIB);
  const three = [1, 2, 3].map(() => buffers.take(MIB));
  for (const buffer of three) buffers.give(buffer);
  expect([buffers.take(MIB), buffers.take(MIB)].sort()).toEqual(three.slice(0, 2).sort());
  expect(three).not.toContain(buffers.take(MIB));
  const gone = buffers.take(MIB);
  structuredClone(gone, { transfer: [gone] });
  buffers.give(gone);
  expect(buffers.take(MIB).byteLength).toBe(MIB);
});
