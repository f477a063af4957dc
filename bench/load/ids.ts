/**
 * Ids that look random (they do not compress, they spread over partitions), are unique, and tell which one they are:
 * what was sent can be found again without remembering it. The first word is a bijection of the number, the others
 * follow from it.
 */
const FACTOR = 0x9e3779b1;
/** FACTOR × INVERSE = 1 modulo 2^32. */
const INVERSE = 0x0e8b2f51;
const MASK = 0x5bd1e995;

/** A word that follows from another: murmur3's finalizer. */
function mixed(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function putWord(b: Uint8Array, at: number, word: number): void {
  b[at] = word;
  b[at + 1] = word >>> 8;
  b[at + 2] = word >>> 16;
  b[at + 3] = word >>> 24;
}

const wordAt = (b: Uint8Array, at: number) =>
  b[at] | (b[at + 1] << 8) | (b[at + 2] << 16) | (b[at + 3] << 24);

/** Writes the id of `number` (0 … 2^32 − 1): of a span in 8 bytes, of a trace in 16. */
export function putId(b: Uint8Array, at: number, bytes: 8 | 16, number: number): void {
  let word = Math.imul(number, FACTOR) ^ MASK;
  for (let i = 0; i < bytes; i += 4) {
    putWord(b, at + i, word);
    word = mixed(word + bytes);
  }
}

/** The number of the id at `at`; undefined where `putId` has not written it. */
export function numberOfId(b: Uint8Array, at: number, bytes: 8 | 16): number | undefined {
  const first = wordAt(b, at);
  let word = first;
  for (let i = 4; i < bytes; i += 4) {
    word = mixed(word + bytes);
    if (wordAt(b, at + i) !== word) return undefined;
  }
  return Math.imul(first ^ MASK, INVERSE) >>> 0;
}
