import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { murmur2, partitionOf } from './murmur2.ts';

describe('murmur2', () => {
  // Values of Apache Kafka's own test, UtilsTest.testMurmur2.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('of %s is what Java says', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  test('of the bytes a, b, c', () => {
    expect(murmur2(Buffer.from('abc'))).toBe(479470107);
  });
});

describe('partitionOf', () => {
  test('is the positive hash modulo the number of partitions, also where the hash is negative', () => {
    expect(partitionOf(Buffer.from('foobar'), 10)).toBe((-790332482 & 0x7fffffff) % 10);
  });

  test('is always a partition', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 512 }), (bytes, n) => {
        const partition = partitionOf(bytes, n);
        expect(partition >= 0 && partition < n && Number.isInteger(partition)).toBe(true);
      }),
    );
  });
});
