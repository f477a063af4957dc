import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonDocuments } from './json-documents.ts';
import { scanJson } from './json-scan.ts';

const json = fc.oneof(
  fc.json(),
  fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
);
const parses = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('the scanner', () => {
  test('passes what the parser passes, to its end', () => {
    fc.assert(
      fc.property(json, (text) => {
        expect(scanJson(text, 0)).toEqual({ ok: true, end: text.length });
      }),
    );
  });

  test('says of every cut where it is', () => {
    fc.assert(
      fc.property(json, fc.nat(), (text, at) => {
        const cut = text.slice(0, at % text.length);
        if (parses(cut)) return;
        expect(scanJson(cut, 0)).toMatchObject({
          ok: false,
          at: cut.length,
          reason: expect.stringMatching(/^cut off here/),
        });
      }),
    );
  });

  test('agrees with the parser on broken text', () => {
    const broken = fc
      .tuple(
        json,
        fc.nat(),
        fc.constantFrom('"', ',', ':', '{', '}', '[', ']', '\\', '\n', 'x', '0', '-', '.', ' ', ''),
      )
      .map(([text, at, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1));
    fc.assert(
      fc.property(broken, (text) => {
        const found = scanJson(text, 0);
        expect(found.ok && text.slice(found.end).trim() === '').toBe(parses(text));
      }),
      { numRuns: 1000 },
    );
  });

  test('nesting and size do not matter', () => {
    const deep = '['.repeat(100_000);
    expect(scanJson(deep, 0)).toMatchObject({ ok: false, at: deep.length });
    expect(scanJson(deep + ']'.repeat(100_000), 0)).toEqual({ ok: true, end: 200_000 });
  });
});

test('documents one after the other come out as they went in', () => {
  const several = fc.array(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())), {
    minLength: 2,
    maxLength: 5,
  });
  fc.assert(
    fc.property(several, fc.constantFrom('\n', '\r\n', '\n\n', ' '), (values, between) => {
      const text = values.map((value) => JSON.stringify(value)).join(between);
      const found = [...jsonDocuments(text)].map((each) => (each.ok ? each.value : each.fault));
      expect(found).toEqual(JSON.parse(JSON.stringify(values)));
    }),
  );
});
