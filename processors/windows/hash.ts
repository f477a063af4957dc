import { randomInt } from 'node:crypto';

/** Numbers that no sender knows, as in assembly/trace-ids.ts: results never depend on them, only where things are kept. */
const SEED = randomInt(2 ** 31);
const FACTOR = randomInt(2 ** 29) * 8 + 3;

/** 32 bits of the bytes, every one of which counts. */
export function hashOf(b: Uint8Array, from: number, to: number): number {
  let hash = SEED ^ (to - from);
  for (let i = from; i < to; i++) {
    hash = Math.imul(hash ^ b[i], FACTOR);
    hash ^= hash >>> 15;
  }
  return hash;
}

/** True where `a` from `at` on has the bytes of `b` from `from` to `to`. */
export function sameBytes(a: Uint8Array, at: number, b: Uint8Array, from: number, to: number): boolean {
  for (let i = from, k = at; i < to; i++, k++) if (a[k] !== b[i]) return false;
  return true;
}
