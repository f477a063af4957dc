import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BatchMemory, type Lease } from './batch-memory.ts';

const MIB = 1 << 20;

/** What happens to a memory: a batch of pieces comes, or the n-th of those that are there goes. */
const step = fc.oneof(
  fc.record({ pieces: fc.array(fc.integer({ min: 1, max: 5 * MIB }), { maxLength: 4 }) }),
  fc.record({ pieces: fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 30 }) }),
  fc.record({ release: fc.nat(10) }),
);

/** The ends of each piece say whose it is; what lies between them belongs to nobody else if the ends do. */
const mark = (piece: Buffer, id: number) => {
  piece[0] = id;
  piece[piece.length >> 1] = id;
  piece[piece.length - 1] = id;
};
const marks = (piece: Buffer) => [piece[0], piece[piece.length >> 1], piece[piece.length - 1]];

test('the bytes of a batch stay as they are until it is released, and what is kept is bounded', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const memory = new BatchMemory(8 * MIB);
      let live: { lease: Lease; id: number; pieces: Buffer[] }[] = [];
      let ids = 0;
      for (const each of steps) {
        if ('pieces' in each) {
          const lease = memory.lease();
          const id = ++ids % 256;
          const pieces = each.pieces.map((bytes) => lease.allocate(bytes));
          expect(pieces.map(({ length }) => length)).toEqual(each.pieces);
          for (const piece of pieces) mark(piece, id);
          live.push({ lease, id, pieces });
        } else if (live.length > 0) {
          const gone = live[each.release % live.length];
          live = live.filter((other) => other !== gone);
          gone.lease.release();
          gone.lease.release(); // once more changes nothing
        }
        for (const { id, pieces } of live)
          for (const piece of pieces) expect(marks(piece)).toEqual([id, id, id]);
        const ranges = live
          .flatMap(({ pieces }) => pieces)
          .map(({ buffer, byteOffset, length }) => ({ buffer, from: byteOffset, to: byteOffset + length }));
        for (const [i, a] of ranges.entries())
          for (const b of ranges.slice(i + 1))
            expect(a.buffer !== b.buffer || a.to <= b.from || b.to <= a.from).toBe(true);
        expect(memory.freeBytes).toBeLessThanOrEqual(8 * MIB);
      }
    }),
  );
});

test('batches that come and go are served by the same memory', () => {
  const memory = new BatchMemory(64 * MIB);
  const seen = new Set<ArrayBufferLike>();
  for (let i = 0; i < 200; i++) {
    const leases = [memory.lease(), memory.lease()];
    for (const lease of leases)
      for (const bytes of [300_000, 900_000, 900_000, 3 * MIB]) seen.add(lease.allocate(bytes).buffer);
    for (const lease of leases) lease.release();
  }
  expect(seen.size).toBeLessThan(10);
});
