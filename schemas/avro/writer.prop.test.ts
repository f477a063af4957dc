import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { begin, finish, name, Part, string, text } from './writer.ts';

function written(texts: readonly string[], write: (each: string) => void): Buffer {
  begin();
  for (const each of texts) write(each);
  return finish();
}

/** Few, alike (so that they share places in the table), of every kind of character. */
const few = fc.uniqueArray(
  fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\ud800', '😀'), maxLength: 4 }),
    fc.string({ unit: 'binary', maxLength: 45 }),
    fc.constantFrom('', 'execute_tool search', 'execute_tool sxarch', 'x'.repeat(40), 'x'.repeat(41)),
  ),
  { minLength: 1, maxLength: 8 },
);

describe('names', () => {
  test('are written as any string, however often they come', () => {
    fc.assert(
      fc.property(few, fc.array(fc.nat(), { maxLength: 200 }), (kinds, picks) => {
        const texts = picks.map((pick) => kinds[pick % kinds.length]);
        expect(written(texts, name).equals(written(texts, string))).toBe(true);
      }),
    );
  });

  test('are written whole where a chunk ends in one', () => {
    const texts = Array.from({ length: 9000 }, (_, i) => `operation ${i % 7}${'x'.repeat(i % 29)}`);
    for (let from = 0; from < texts.length; from += 333) {
      const some = texts.slice(from, from + 333);
      expect(written(some, name).equals(written(some, string))).toBe(true);
    }
  });
});

describe('a part', () => {
  const lengths = fc.array(fc.oneof(fc.nat(200), fc.nat(200_000)), { maxLength: 12 });
  const textOf = (length: number, i: number) => String.fromCharCode(97 + (i % 26)).repeat(length);
  const bytesOf = (part: Part) => part.bytes.subarray(0, part.length);

  test('has one behind the other what was appended to it, in the memory it was given while there is room', () => {
    const part = new Part();
    fc.assert(
      fc.property(lengths, fc.nat(300_000), (each, room) => {
        const memory = new ArrayBuffer(room);
        part.use(memory);
        const texts = each.map(textOf);
        for (const one of texts) part.append(() => string(one));
        const expected = written(texts, string);
        expect(bytesOf(part).equals(expected)).toBe(true);
        // `string` may ask for more than it needs.
        if (room >= expected.length * 3 + 16) expect(part.bytes.buffer).toBe(memory);
      }),
      { numRuns: 50 },
    );
  });

  test('has nothing of what threw, and messages around it are as without it', () => {
    const part = new Part();
    begin();
    string('before');
    part.append(() => string('kept'));
    expect(() =>
      part.append(() => {
        string('x'.repeat(100_000));
        throw new Error('broken');
      }),
    ).toThrow('broken');
    part.append(() => string('more'));
    string('after');
    expect(finish().equals(written(['before', 'after'], string))).toBe(true);
    expect(bytesOf(part).equals(written(['kept', 'more'], string))).toBe(true);
  });

  test('is written over from its beginning, or not at all within another', () => {
    const part = new Part();
    part.write(() => string('first'));
    part.write(() => string('other'));
    expect(bytesOf(part).equals(written(['other'], string))).toBe(true);
    expect(() => part.write(() => new Part().write(() => string('')))).toThrow('a part within a part');
  });
});

test('a text alone is its UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (each) => {
      expect(written([each], text).equals(Buffer.from(each))).toBe(true);
    }),
  );
});
