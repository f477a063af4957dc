import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BytesCache } from './bytes-cache.ts';

/** Few bytes and few lengths: many share a place. */
const few = fc.uint8Array({ minLength: 0, maxLength: 14, max: 3 });

test('what is found for some bytes was kept for the same bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(few, fc.nat(3)), { maxLength: 60 }), (all) => {
      const cache = new BytesCache<string>(8, 12);
      for (const [bytes, before] of all) {
        const b = Uint8Array.from([...new Array(before).fill(7), ...bytes, 9]);
        const [from, to] = [before, before + bytes.length];
        const text = bytes.join();
        expect([undefined, text]).toContain(cache.find(b, from, to));
        cache.keep(b, from, to, text);
        expect(cache.find(b, from, to)).toBe(bytes.length > 12 ? undefined : text);
      }
      cache.clear();
      for (const [bytes] of all) expect(cache.find(bytes, 0, bytes.length)).toBeUndefined();
    }),
  );
});

test('every byte counts, also behind the last whole word', () => {
  const kept = Uint8Array.from([1, 2, 3, 4, 5, 6, 250]);
  for (let at = 0; at < kept.length; at++) {
    const cache = new BytesCache<number>(1, 8);
    cache.keep(kept, 0, kept.length, 1);
    const other = kept.slice();
    other[at] ^= 0x80;
    expect(cache.find(other, 0, other.length)).toBeUndefined();
    expect(cache.find(kept, 0, kept.length)).toBe(1);
  }
});
