import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Frames } from './frames.ts';

function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

test('however the stream is cut, the frames are the same', () => {
  const bodies = fc.array(fc.uint8Array({ minLength: 10, maxLength: 200 }), { maxLength: 8 });
  fc.assert(
    fc.property(bodies, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (list, cuts) => {
      const expected = list.map((body) => Buffer.from(body));
      const stream = Buffer.concat(expected.map(framed));
      const frames = new Frames();
      const found: Buffer[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = cuts[i % cuts.length];
        found.push(...frames.push(stream.subarray(at, at + size))!);
        at += size;
      }
      expect(found).toEqual(expected);
    }),
  );
});

test.each([-1, 0, 9, 0x7fffffff])('a length of %i is no request', (length) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length);
  expect(new Frames().push(bytes)).toBeUndefined();
});
