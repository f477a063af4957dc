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

/** By byte: its two digits. */
const HEX = new Uint16Array(256);
for (let i = 0; i < 256; i++) {
  const text = i.toString(16).padStart(2, '0');
  HEX[i] = text.charCodeAt(0) | (text.charCodeAt(1) << 8);
}

/** Writes b[from, to) as lower-case hex to `into` at `at`; returns where that ends. */
export function writeHex(b: Uint8Array, from: number, to: number, into: DataView, at: number): number {
  let i = from;
  let p = at;
  for (; i + 1 < to; i += 2, p += 4) into.setInt32(p, HEX[b[i]] | (HEX[b[i + 1]] << 16), true);
  for (; i < to; i++, p += 2) into.setInt16(p, HEX[b[i]], true);
  return p;
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
