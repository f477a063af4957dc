import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyBytes, hashBytes, sameBytes, wordsOf } from './words.ts';

const piece = fc.uint8Array({ maxLength: 40 });

/** `bytes` somewhere in a larger array. */
function placed(bytes: Uint8Array, at: number): Uint8Array {
  const whole = new Uint8Array(bytes.length + at + 8).fill(0xee);
  whole.set(bytes, at);
  return whole;
}

test('bytes are the same, whatever the place, and others are not', () => {
  fc.assert(
    fc.property(piece, fc.nat(5), fc.nat(5), fc.nat(), (bytes, i, j, flip) => {
      const a = placed(bytes, i);
      const b = placed(bytes, j);
      const same = () => sameBytes(wordsOf(a), i, wordsOf(b), j, bytes.length);
      const hash = (of: Uint8Array, at: number) => hashBytes(wordsOf(of), at, at + bytes.length, 7);
      expect(same()).toBe(true);
      expect(hash(a, i)).toBe(hash(b, j));
      if (bytes.length === 0) return;
      b[j + (flip % bytes.length)] ^= 0x10;
      expect(same()).toBe(false);
    }),
  );
});

test('a copy is what was there, and nothing beside it changes', () => {
  fc.assert(
    fc.property(piece, fc.nat(5), fc.nat(5), (bytes, i, j) => {
      const to = new Uint8Array(bytes.length + j + 8).fill(0xee);
      copyBytes(wordsOf(placed(bytes, i)), i, wordsOf(to), j, bytes.length);
      expect(to).toEqual(placed(bytes, j));
    }),
  );
});
