import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { murmur2 } from '#schemas/murmur2.ts';

// kafkajs ported it from Kafka 0.10.2 by arithmetic on Longs: slow, and another way to the same number.
const reference = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2.js') as (
  key: Buffer,
) => number;

test('our murmur2 of any bytes is that of kafkajs', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(murmur2(bytes)).toBe(reference(Buffer.from(bytes)) | 0);
    }),
  );
});
