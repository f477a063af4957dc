import { randomInt } from 'node:crypto';

/** Numbers that no sender knows, as in assembly/trace-ids.ts: results never depend on them, only where things are kept. */
const SEED = randomInt(2 ** 31);
const FACTOR = randomInt(2 ** 29) * 8 + 3;

let buffer: ArrayBufferLike = new ArrayBuffer(0);
let words: DataView = new DataView(buffer);

/**
 * The memory that `b` is a view of, whole: what is at `i` in `b` is at `b.byteOffset + i` here. Made once for neighbours, such
 * as the records of a batch.
 */
export function memoryOf(b: Uint8Array): DataView {
  if (b.buffer !== buffer) {
    buffer = b.buffer;
    words = new DataView(buffer);
  }
  return words;
}

/** 32 bits of the bytes [from, to), every one of which counts: eight at a time in two chains, then four, then single ones. */
export function hashOf(b: DataView, from: number, to: number): number {
  let hash = SEED ^ (to - from);
  let other = FACTOR;
  let i = from;
  for (const end = to - 7; i < end; i += 8) {
    hash = Math.imul(hash ^ b.getInt32(i, true), FACTOR);
    other = Math.imul(other ^ b.getInt32(i + 4, true), FACTOR);
    hash ^= hash >>> 15;
    other ^= other >>> 15;
  }
  hash = Math.imul(hash ^ (other << 7) ^ (other >>> 25), FACTOR);
  hash ^= hash >>> 15;
  if (i < to - 3) {
    hash = Math.imul(hash ^ b.getInt32(i, true), FACTOR);
    hash ^= hash >>> 15;
    i += 4;
  }
  for (; i < to; i++) {
    hash = Math.imul(hash ^ b.getUint8(i), FACTOR);
    hash ^= hash >>> 15;
  }
  return hash;
}
