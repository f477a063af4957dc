/** Bytes four at a time: a loop over single ones costs three times as much, a call of the runtime more than short runs do. */

const NOTHING = new Uint8Array(0);
let bytes: Uint8Array = NOTHING;
let words: DataView = new DataView(NOTHING.buffer);

/** `b` as words, made once for as long as the same array is asked for: ask for arrays that are read often. */
export function wordsOf(b: Uint8Array): DataView {
  if (b !== bytes) {
    words = new DataView(b.buffer, b.byteOffset, b.byteLength);
    bytes = b;
  }
  return words;
}

/** Do the `size` bytes of `a` at `i` and of `b` at `j` say the same? */
export function sameBytes(a: DataView, i: number, b: DataView, j: number, size: number): boolean {
  if (size < 4) {
    for (let k = 0; k < size; k++) if (a.getUint8(i + k) !== b.getUint8(j + k)) return false;
    return true;
  }
  // The last word may overlap the one before it.
  const last = size - 4;
  if (a.getInt32(i + last, true) !== b.getInt32(j + last, true)) return false;
  for (let k = 0; k < last; k += 4) {
    if (a.getInt32(i + k, true) !== b.getInt32(j + k, true)) return false;
  }
  return true;
}

/** Copies `size` bytes of `a` at `i` to `b` at `j`; the two do not overlap. */
export function copyBytes(a: DataView, i: number, b: DataView, j: number, size: number): void {
  if (size < 4) {
    for (let k = 0; k < size; k++) b.setUint8(j + k, a.getUint8(i + k));
    return;
  }
  const last = size - 4;
  for (let k = 0; k < last; k += 4) b.setInt32(j + k, a.getInt32(i + k, true), true);
  b.setInt32(j + last, a.getInt32(i + last, true), true);
}

/** A hash of the bytes [from, to). */
export function hashBytes(a: DataView, from: number, to: number, seed: number): number {
  let hash = seed ^ (to - from);
  let at = from;
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(hash ^ a.getInt32(at, true), 0x9e3779b1);
    // The upper bytes of a word must reach the lower bits, too.
    hash ^= hash >>> 15;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ a.getUint8(at), 0x01000193);
  return hash ^ (hash >>> 15);
}
