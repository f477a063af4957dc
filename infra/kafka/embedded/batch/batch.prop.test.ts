import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildBatch } from './build.ts';
import { readHeader } from './header.ts';
import { readRecords } from './records.ts';
import { checkBatch } from './validate.ts';
import { pushVarint, readVarint } from './varint.ts';

const RULES = {
  maxBytes: 1 << 20,
  compacted: true,
  appendTime: false,
  maxBeforeMs: Infinity,
  maxAfterMs: Infinity,
};
const records = fc.array(
  fc.record({
    key: fc.string(),
    value: fc.option(fc.string({ maxLength: 300 })),
    timestamp: fc.nat(2 ** 40),
  }),
  { minLength: 1, maxLength: 20 },
);

test('varints are read as they were written', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      // Zigzag doubles the number: beyond half of 2^53 it is not exact any more.
      const half = Math.trunc(value / 4) + 0; // + 0: no negative zero
      const bytes: number[] = [];
      pushVarint(bytes, half);
      const cursor = { buffer: Buffer.from(bytes), at: 0, failed: false };
      expect(readVarint(cursor)).toBe(half);
      expect(cursor).toMatchObject({ at: bytes.length, failed: false });
    }),
  );
});

test('every batch is accepted and read back', () => {
  fc.assert(
    fc.property(records, fc.constantFrom(0, 1, 4), (list, compression) => {
      const batch = buildBatch({ records: list, compression });
      expect(checkBatch(batch, RULES, 0).ok).toBe(true);
      const read = readRecords(batch, readHeader(batch)!);
      expect(read?.map(({ key, timestamp, tombstone }) => [String(key), timestamp, tombstone])).toEqual(
        list.map(({ key, timestamp, value }) => [key, timestamp, value === null]),
      );
    }),
  );
});

test('a batch with any one bit flipped, or cut anywhere, is refused: only its place is not covered by the CRC', () => {
  fc.assert(
    fc.property(records, fc.nat(), fc.nat(), (list, bit, cut) => {
      const batch = buildBatch({ records: list });
      const flipped = Buffer.from(batch);
      const at = 16 + (Math.floor(bit / 8) % (batch.length - 16));
      flipped[at] ^= 1 << (bit % 8);
      expect(checkBatch(flipped, RULES, 0).ok).toBe(false);
      expect(checkBatch(batch.subarray(0, cut % batch.length), RULES, 0).ok).toBe(false);
    }),
  );
});

test('records that are garbage under a right CRC never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(30), fc.nat(4), (bytes, count, compression) => {
      const list = Array.from({ length: count + 1 }, () => ({ value: '' }));
      const batch = buildBatch({ records: list, compression, body: Buffer.from(bytes) });
      const header = readHeader(batch)!;
      const read = readRecords(batch, header);
      if (read) expect(read).toHaveLength(header.count);
    }),
  );
});
