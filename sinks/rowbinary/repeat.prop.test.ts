import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RowBuffer } from './buffer.ts';

test('bytes are repeated any number of times', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 90 }),
      fc.nat(20),
      (before, bytes, times) => {
        const out = new RowBuffer(1);
        out.raw(before, 0, before.length);
        out.raw(bytes, 0, bytes.length);
        out.repeat(bytes.length, times);
        const expected = Buffer.concat([before, ...Array.from({ length: times + 1 }, () => bytes)]);
        expect(Buffer.from(out.view())).toEqual(expected);
      },
    ),
  );
});
