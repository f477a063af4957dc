import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { begin, finish, name, shortLived, string } from './writer.ts';

function written(texts: readonly string[], write: (text: string) => void): Buffer {
  begin(0);
  for (const text of texts) write(text);
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

describe('short-lived messages', () => {
  test('are as any others', () => {
    const lengths = fc.array(fc.oneof(fc.nat(200), fc.nat(200_000)), { maxLength: 12 });
    fc.assert(
      fc.property(lengths, (each) => {
        const texts = each.map((length, i) => String.fromCharCode(97 + i).repeat(length));
        const kept = texts.map((text) => written([text], string));
        const copies = shortLived(() =>
          texts.map((text) => written([text], string)).map((bytes) => Buffer.from(bytes)),
        );
        expect(copies.map((bytes, i) => bytes.equals(kept[i]))).toEqual(texts.map(() => true));
      }),
      { numRuns: 30 },
    );
  });

  test('are written over after it, and nothing else ever is', () => {
    const before = written(['before'], string);
    const first = shortLived(() => written(['first'], string));
    const between = written(['between'], string);
    const second = shortLived(() => written(['other'], string));
    const after = written(['after'], string);
    expect(first.subarray(1).toString()).toBe('other');
    expect(second.buffer).toBe(first.buffer);
    const lasting = [before, between, after];
    expect(lasting.map((bytes) => bytes.subarray(1).toString())).toEqual(['before', 'between', 'after']);
    for (const bytes of lasting) expect(bytes.buffer).not.toBe(first.buffer);
  });

  test('of one within another live as long as the outer ones', () => {
    shortLived(() => {
      const outer = written(['outer'], string);
      const inner = shortLived(() => written(['inner'], string));
      const more = written(['more'], string);
      expect([outer, inner, more].map((b) => b.subarray(1).toString())).toEqual(['outer', 'inner', 'more']);
    });
  });

  test('end with a throw, too', () => {
    expect(() =>
      shortLived(() => {
        throw new Error('broken');
      }),
    ).toThrow('broken');
    const one = written(['kept'], string);
    shortLived(() => written(['over'], string));
    expect(one.subarray(1).toString()).toBe('kept');
  });
});
