import { randomInt } from 'node:crypto';

/** Numbers that no sender knows, as in assembly/trace-ids.ts: results never depend on them, only where things are kept. */
const SEED = randomInt(2 ** 31);
const FACTOR = randomInt(2 ** 29) * 8 + 3;

/** 32 bits of the bytes, every one of which counts; four at a time, the last ones alone. */
export function hashOf(b: Uint8Array, from: number, to: number): number {
  let hash = SEED ^ (to - from);
  let i = from;
  for (const end = to - 3; i < end; i += 4) {
    hash = Math.imul(hash ^ (b[i] | (b[i + 1] << 8) | (b[i + 2] << 16) | (b[i + 3] << 24)), FACTOR);
    hash ^= hash >>> 15;
  }
  for (; i < to; i++) {
    hash = Math.imul(hash ^ b[i], FACTOR);
    hash ^= hash >>> 15;
  }
  return hash;
}

/** True where `a` from `at` on has the bytes of `b` from `from` to `to`. */
export function sameBytes(a: Uint8Array, at: number, b: Uint8Array, from: number, to: number): boolean {
  let i = from;
  let k = at;
  for (const end = to - 3; i < end; i += 4, k += 4)
    if (((a[k] ^ b[i]) | (a[k + 1] ^ b[i + 1]) | (a[k + 2] ^ b[i + 2]) | (a[k + 3] ^ b[i + 3])) !== 0)
      return false;
  for (; i < to; i++, k++) if (a[k] !== b[i]) return false;
  return true;
}
