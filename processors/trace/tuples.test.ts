import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Tuples } from './tuples.ts';

test('tuples are numbered as they first appear, however many there are', () => {
  const integer = fc.oneof(fc.integer({ min: -2, max: 3 }), fc.integer());
  const tuple = fc.tuple(integer, integer, integer, integer);
  fc.assert(
    fc.property(fc.array(tuple, { maxLength: 300 }), (all) => {
      const tuples = new Tuples();
      const known = new Map<string, number>();
      for (const each of all) {
        const key = each.join();
        if (!known.has(key)) known.set(key, known.size);
        expect(tuples.add(...each)).toBe(known.get(key));
      }
      expect(tuples.count).toBe(known.size);
    }),
  );
});
