/** Trace ids as four words, with their tenant's number: what the tables of this folder find traces by. */
import { randomInt } from 'node:crypto';

/**
 * Odd numbers that no sender knows, so that nobody can choose trace ids that meet in one bucket (multiply-shift
 * hashing). Results never depend on them: an order of buckets is never looked at.
 */
const [a, b, c, d, e] = Array.from({ length: 5 }, () => randomInt(2 ** 31) * 2 + 1);

/** A bucket among 2^bits of the trace id in four words of `words` from `at` on, of a tenant by its number. */
export function bucketOf(words: Uint32Array, at: number, tenant: number, bits: number): number {
  const hash =
    Math.imul(words[at], a) +
    Math.imul(words[at + 1], b) +
    Math.imul(words[at + 2], c) +
    Math.imul(words[at + 3], d) +
    Math.imul(tenant, e);
  return (hash | 0) >>> (32 - bits);
}

/** True where two ids of four words are the same. */
export function sameId(one: Uint32Array, at: number, other: Uint32Array, otherAt: number): boolean {
  return (
    one[at] === other[otherAt] &&
    one[at + 1] === other[otherAt + 1] &&
    one[at + 2] === other[otherAt + 2] &&
    one[at + 3] === other[otherAt + 3]
  );
}

/** The words of 32 hex digits. */
export function idWords(traceId: string): Uint32Array {
  const words = new Uint32Array(4);
  new Uint8Array(words.buffer).set(Buffer.from(traceId, 'hex'));
  return words;
}
