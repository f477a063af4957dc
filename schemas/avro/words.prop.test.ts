import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Words } from './words.ts';
import { begin, finish, hexOf, id, Part, string, written } from './writer.ts';

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ minLength: 30, maxLength: 140 }),
);
/** Long enough that a part must grow. */
const big = fc.constantFrom('', 'x'.repeat(70_000));

function bytesOf(write: () => void): string {
  begin();
  write();
  return Buffer.from(finish()).toString('hex');
}

test('words are written as strings are, however often, in parts and messages of any length', () => {
  const part = new Part();
  const words = new Words(['fixed', '']);
  const use = fc.array(fc.nat(), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(text), fc.array(text), use, big, (texts, added, uses, filler) => {
      const all = [...texts, 'fixed', '', ...added];
      const expected = bytesOf(() => {
        string(filler);
        for (const each of uses) string(all[each % all.length]);
      });
      part.write(() => {
        words.begin(texts);
        expect(words.fixed(1)).toBe(texts.length + 1);
        for (const each of added) words.also(each);
        string(filler);
        for (const each of uses) words.write(each % all.length);
      });
      expect(part.bytes.toString('hex', 0, part.length)).toBe(expected);
      expect(bytesOf(() => written(part.bytes, 0, part.length))).toBe(expected);
    }),
    { numRuns: 100 },
  );
});

test('a part that throws leaves the message before it as it was', () => {
  const part = new Part();
  const bytes = bytesOf(() => {
    string('before');
    expect(() =>
      part.write(() => {
        string('within');
        throw new Error('a bug');
      }),
    ).toThrow('a bug');
    expect(() => part.write(() => part.write(() => {}))).toThrow('a part within a part');
    string('behind');
  });
  expect(bytes).toBe(bytesOf(() => ['before', 'behind'].forEach(string)));
});

test('ids, as texts or as bytes, are written as strings are', () => {
  const ids = fc.array(fc.oneof(text, fc.constantFrom('a'.repeat(32), 'b'.repeat(32), 'é'.repeat(16))));
  fc.assert(
    fc.property(ids, (all) => {
      expect(bytesOf(() => all.forEach(id))).toBe(bytesOf(() => all.forEach(string)));
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 31 }), (bytes) => {
      const hex = Buffer.from(bytes).toString('hex');
      expect(bytesOf(() => hexOf(bytes, 0, bytes.length))).toBe(bytesOf(() => string(hex)));
    }),
  );
});
