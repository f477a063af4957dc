import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Convert, convertLogsJson, convertMetricsJson, convertTracesJson } from './json.ts';
import { damage, embedded, traces } from './testing.ts';
import { isJson, otlpJson } from './testing-json.ts';
import { logs, metrics } from './testing-telemetry.ts';

const REFUSED = /^(body|resource\w+[\w[\].]*): (must|nested)/;
const limits = { maxNesting: 8 };

describe.each<[string, Convert, fc.Arbitrary<Parameters<typeof otlpJson>[0]>]>([
  ['traces', convertTracesJson, traces],
  ['metrics', convertMetricsJson, metrics],
  ['logs', convertLogsJson, logs],
])('%s', (_name, convert, inputs) => {
  const bytesOf = (json: string | Uint8Array) => {
    const converted = convert(typeof json === 'string' ? Buffer.from(json) : json, limits);
    if (!converted.ok) throw new Error(converted.reason);
    return Buffer.from(converted.otlp);
  };

  test('however the same JSON is written: white space, escapes, fields that say nothing', () => {
    fc.assert(
      fc.property(inputs, fc.infiniteStream(fc.nat()), (input, numbers) => {
        const json = otlpJson(input);
        const written = write(JSON.parse(json), (below) => numbers.next().value % below);
        expect(JSON.parse(written)).toMatchObject(JSON.parse(json));
        expect(bytesOf(embedded(Buffer.from(written))).equals(bytesOf(json))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('fields in any order: the same bytes in another', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const json = otlpJson(input);
        const turned = bytesOf(JSON.stringify(JSON.parse(json, reversed)));
        expect(turned.toSorted()).toEqual(bytesOf(json).toSorted());
      }),
      { numRuns: 200 },
    );
  });

  test('a damaged body is converted or refused with a place where it is still JSON, and only there', () => {
    fc.assert(
      fc.property(inputs, fc.array(damage, { minLength: 1, maxLength: 3 }), (input, breaks) => {
        const body = breaks.reduce(
          (bytes, break_) => break_(bytes),
          Buffer.from(otlpJson(input)) as Uint8Array,
        );
        const converted = convert(embedded(body), limits);
        if (!isJson(body))
          expect(converted).toEqual({ ok: false, reason: expect.stringMatching(/^body: not (JSON|UTF-8)$/) });
        else if (!converted.ok) expect(converted.reason).toMatch(REFUSED);
      }),
      { numRuns: 500 },
    );
  });

  test('any JSON in any place is bytes, or an error with that place', () => {
    fc.assert(
      fc.property(inputs, fc.nat({ max: 200 }), fc.jsonValue({ maxDepth: 3 }), (input, n, by) => {
        const left = { places: n };
        const json = replaced(JSON.parse(otlpJson(input)), left, by);
        const converted = convert(Buffer.from(JSON.stringify(json)), limits);
        if (!converted.ok) expect(converted.reason).toMatch(REFUSED);
      }),
      { numRuns: 500 },
    );
  });
});

test('an integer is the one that is written, digit by digit, or refused', () => {
  const digits = (from: number, to: number) =>
    fc.array(fc.nat({ max: 9 }), { minLength: from, maxLength: to }).map((all) => all.join(''));
  const whole = fc.oneof(
    fc.constantFrom('0', `${2n ** 63n - 1n}`, `${2n ** 63n}`, `${2n ** 63n + 1n}`, `${2n ** 64n}`),
    digits(1, 22).map((all) => all.replace(/^0+(?=\d)/, '')),
  );
  const exponent = fc.option(fc.integer({ min: -24, max: 24 }), { nil: 0 });
  fc.assert(
    fc.property(fc.constantFrom('', '-'), whole, digits(0, 4), exponent, (sign, integer, fraction, power) => {
      const number = `${sign}${integer}${fraction && `.${fraction}`}${power === 0 ? '' : `e${power}`}`;
      const means = shifted(BigInt(`${sign}${integer}${fraction}`), power - fraction.length);
      const one = (value: string) => {
        const value64 = `{"resource":{"attributes":[{"value":{"intValue":${value}}}]}}`;
        return convertTracesJson(Buffer.from(`{"resourceSpans":[${value64}]}`), limits);
      };
      for (const written of [number, `"${number}"`]) {
        const converted = one(written);
        expect(converted.ok).toBe(means !== undefined && means === BigInt.asIntN(64, means));
        if (converted.ok) expect(converted).toEqual(one(`"${means}"`));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('what nobody asks for is passed over where it is JSON, and nowhere else', () => {
  const token = fc.constantFrom(
    ...String.raw`[ ] { } , : " "a" "\n\u00e9" "\x" "\u12" "\" "é\/" [[]] {"":{}} "b":1 é`.split(' '),
    ...'0 -0 01 - 1. 1.5e+3 1e true tru nullx null'.split(' '),
    ...[' ', '\n', '\0'],
  );
  const json = fc.json({ maxDepth: 4, stringUnit: 'grapheme' });
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), token), { maxLength: 2 });
  const edited = fc.tuple(json, edits).map(([text, all]) =>
    all.reduce((so, [at, drop, by]) => {
      const i = at % (so.length + 1);
      return so.slice(0, i) + by + so.slice(i + drop);
    }, text),
  );
  const soup = fc.array(token, { maxLength: 8 }).map((all) => all.join(''));
  fc.assert(
    fc.property(fc.oneof(edited, soup), (unknown) => {
      const body = Buffer.from(`{"unknown":${unknown}}`);
      expect(convertTracesJson(body, limits)).toEqual(
        isJson(body) ? { ok: true, otlp: Buffer.alloc(0) } : { ok: false, reason: 'body: not JSON' },
      );
    }),
    { numRuns: 5_000 },
  );
});

/** `integer` × 10^`power`, where that is whole. */
function shifted(integer: bigint, power: number): bigint | undefined {
  if (power >= 0) return integer * 10n ** BigInt(power);
  const by = 10n ** BigInt(-power);
  return integer % by === 0n ? integer / by : undefined;
}

/** Writes JSON as nobody does: `pick` chooses a number below its argument. */
function write(json: unknown, pick: (below: number) => number): string {
  const space = () => ['', '', ' ', '\n', '\t\r\n'][pick(5)];
  const text = (value: string) =>
    `"${[...Array(value.length).keys()]
      .map((i) =>
        pick(4) === 0
          ? `\\u${value.charCodeAt(i).toString(16).padStart(4, '0')}`
          : JSON.stringify(value[i]).slice(1, -1),
      )
      .join('')}"`;
  const value = (of: unknown): string => {
    if (typeof of === 'string') return pick(3) === 0 ? text(of) : JSON.stringify(of);
    if (typeof of !== 'object' || of === null) return JSON.stringify(of);
    if (Array.isArray(of))
      return `[${space()}${of.map((item) => space() + value(item) + space()).join(',')}]`;
    const fields = Object.entries(of).map(
      ([key, item]) => `${value(key)}${space()}:${space()}${value(item)}`,
    );
    if (pick(4) === 0) fields.splice(pick(fields.length + 1), 0, `"nobody knows":${value({ a: ['"', 1] })}`);
    if (!('droppedAttributesCount' in of) && pick(4) === 0)
      fields.splice(pick(fields.length + 1), 0, '"droppedAttributesCount" : null');
    return `{${space()}${fields.map((field) => space() + field + space()).join(',')}}`;
  };
  return space() + value(json) + space();
}

/** A reviver that turns the fields of each object around. */
function reversed(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).reverse());
}

/** Replaces the n-th value of a JSON tree. */
function replaced(json: unknown, left: { places: number }, by: unknown): unknown {
  if (left.places-- === 0) return by;
  if (Array.isArray(json)) return json.map((item) => replaced(item, left, by));
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, replaced(item, left, by)]));
}
