import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numberOfId, putId } from './ids.ts';

const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test('an id tells its number; one with another byte is none of ours', () => {
  fc.assert(
    fc.property(number, fc.constantFrom(8 as const, 16 as const), fc.nat(), (n, bytes, at) => {
      const id = new Uint8Array(bytes);
      putId(id, 0, bytes, n);
      expect(numberOfId(id, 0, bytes)).toBe(n);
      id[4 + (at % (bytes - 4))] ^= 1;
      expect(numberOfId(id, 0, bytes)).toBeUndefined();
    }),
  );
});
