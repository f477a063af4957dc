import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertTracesJson } from './json.ts';
import { encodeTraces, type OtlpSpan, type OtlpValue } from './write.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const convert = (json: unknown) =>
  convertTracesJson(Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)), { maxNesting: 4 });
const withSpan = (span: unknown) => ({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
/** The same of a span that is written already. */
const aroundSpan = (span: string) => `{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`;
const reason = (json: unknown) => {
  const converted = convert(json);
  return converted.ok ? 'ok' : converted.reason;
};
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** Converts a span and compares with the writer's bytes for what it means. */
function expectSpan(json: object, means: Partial<OtlpSpan>): void {
  const ids = { traceId, spanId };
  const otlp = encodeTraces(withSpan({ ...ids, ...means }) as Parameters<typeof encodeTraces>[0]);
  const converted = convert(withSpan({ ...ids, ...json }));
  expect(converted.ok ? hexOf(converted.otlp) : converted.reason).toBe(hexOf(otlp));
}
const value = (json: unknown, means: OtlpValue) =>
  expectSpan({ attributes: [{ key: 'k', value: json }] }, { attributes: [['k', means]] });

describe('what the specification allows', () => {
  test('64-bit integers as decimal strings or numbers', () => {
    expectSpan({ startTimeUnixNano: '1700000000000000001' }, { startTimeUnixNano: 1700000000000000001n });
    expectSpan({ startTimeUnixNano: 1700000000 }, { startTimeUnixNano: 1700000000n });
    value({ intValue: '-9223372036854775808' }, -(2n ** 63n));
    value({ intValue: 7 }, 7);
  });

  test('enums as numbers or names', () => {
    expectSpan({ kind: 3, status: { code: 2 } }, { kind: 3, status: { code: 2 } });
    expectSpan(
      { kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_ERROR' } },
      { kind: 3, status: { code: 2 } },
    );
  });

  test('values of every type', () => {
    value({ stringValue: '' }, '');
    value({ boolValue: false }, false);
    value({ doubleValue: 3 }, { double: 3 });
    value({ doubleValue: '-2.5e3' }, { double: -2500 });
    value({ doubleValue: 'Infinity' }, { double: Number.POSITIVE_INFINITY });
    value({ bytesValue: 'AQI=' }, Uint8Array.from([1, 2]));
    value({ arrayValue: { values: [{ intValue: '1' }, { stringValue: 'x' }] } }, [1, 'x']);
    value({ arrayValue: {} }, []);
    value({ kvlistValue: { values: [{ key: 'a', value: { boolValue: true } }] } }, { kvlist: { a: true } });
    value({}, null);
  });

  test('ids in either case; absent and null fields; unknown fields of any shape', () => {
    expectSpan({ traceId: traceId.toUpperCase() }, {});
    expectSpan({ parentSpanId: '', name: null, events: null, status: null }, { name: '' });
    expectSpan({ future: { deep: [1] }, trace_state: 3, __proto__: 1 }, {});
    expect(convert('{"__proto__":{"resourceSpans":[{"scopeSpans":1}]}}')).toMatchObject({ ok: true });
    expect(convert({})).toEqual({ ok: true, otlp: Buffer.alloc(0) });
  });

  describe.each([
    ['without quotes', (number: string) => number],
    ['as text', (number: string) => `"${number}"`],
  ])('integers %s', (_, written) => {
    const attribute = (name: string, number: string) =>
      aroundSpan(
        `{"${name}":${written(number)},"attributes":[{"key":"k","value":{"intValue":${written(number)}}}]}`,
      );
    const means = (integer: bigint) =>
      convert(
        withSpan({
          startTimeUnixNano: `${integer}`,
          attributes: [{ key: 'k', value: { intValue: `${integer}` } }],
        }),
      );

    test.each<[string, bigint]>([
      ['1700000000000000001', 1700000000000000001n],
      ['9223372036854775807', 2n ** 63n - 1n],
      ['0', 0n],
      ['-0', 0n],
      ['9', 9n],
      ['1000000', 10n ** 6n],
      ['17e17', 17n * 10n ** 17n],
      ['1.5E+1', 15n],
      ['5.0', 5n],
      ['0e999999999', 0n],
      ['1700000000000000001.00', 1700000000000000001n],
      ['17000000000000000010e-1', 1700000000000000001n],
    ])('%s is exact', (number, integer) => {
      expect(convert(attribute('startTimeUnixNano', number))).toEqual(means(integer));
    });

    test.each([
      '9223372036854775808',
      '-9223372036854775809',
      '-9223372036854776832',
      '1e19',
      '1e400',
      '-1e400',
      '0.99999999999999999999',
      '1e-400',
      '1.5',
      '15e-1',
    ])('%s is none of 64 bits', (number) => {
      expect(reason(attribute('unknown', number))).toMatch(/intValue: must be an integer/);
    });

    test('zeros behind the point, but not a thousand', () => {
      expect(convert(attribute('unknown', `7.${'0'.repeat(900)}`))).toEqual(
        convert(attribute('unknown', '7')),
      );
      expect(reason(attribute('unknown', `7.${'0'.repeat(1_000)}`))).toMatch(/intValue: must be an integer/);
    });

    test('at the bounds of each type', () => {
      const least = -(2n ** 63n);
      for (const number of [`${least}`, `${least}.0`, '-9223372036854775808000e-3'])
        expect(convert(attribute('unknown', number))).toEqual(
          convert(withSpan({ attributes: [{ key: 'k', value: { intValue: `${least}` } }] })),
        );
      const whole = (name: string, number: string) => reason(aroundSpan(`{"${name}":${written(number)}}`));
      for (const [name, greatest] of [
        ['startTimeUnixNano', 2n ** 64n - 1n],
        ['flags', 2n ** 32n - 1n],
      ] as const) {
        for (const good of [`${greatest}`, `${greatest}.0`, '-0', '-0.0'])
          expect(whole(name, good)).toBe('ok');
        for (const wrong of [`${greatest + 1n}`, `${greatest + 1n}.0`, '-1', '-1.0'])
          expect(whole(name, wrong)).toMatch(/must be an integer/);
      }
    });
  });

  test('numbers that JSON does not know', () => {
    for (const wrong of ['01', '+1', '.5', '1e', '--1', '1.', 'NaN'])
      expect(reason(aroundSpan(`{"startTimeUnixNano":${wrong}}`))).toBe('body: not JSON');
  });

  test('base64 of either alphabet, with padding and without', () => {
    for (const bytes of ['', 'A', 'AB', 'ABC', '\xfb\xff\xfe\x01']) {
      const means = Buffer.from(bytes, 'latin1');
      for (const written of [
        means.toString('base64'),
        means.toString('base64url'),
        means.toString('base64').replace(/=+$/, ''),
      ])
        value({ bytesValue: written }, means);
    }
  });

  test('texts of every length, plain and escaped, in fields whose length was another the last time', () => {
    const lengths = [...Array(140).keys(), 300, 16_000, 16_383, 16_384, 3, 70_000, 2_100_000, 1];
    for (const length of lengths) {
      const text = 'é"x\n'.repeat(length).slice(0, length);
      const plain = 'abcdefg'.repeat(length).slice(0, length);
      expectSpan(
        { traceState: plain, attributes: [{ key: text, value: { stringValue: plain } }] },
        { traceState: plain, attributes: [[text, plain]] },
      );
    }
  });

  test('ids of a wrong length pass: the splitter rejects that span alone', () => {
    expectSpan({ traceId: 'abcd' }, { traceId: 'abcd' });
  });
});

describe('errors say where, and do not quote', () => {
  const at = 'resourceSpans[0].scopeSpans[0].spans[0]';
  test.each<[unknown, string | RegExp]>([
    ['{"a":', 'body: not JSON'],
    ['"secret"', 'body: must be an object'],
    [[], 'body: must be an object'],
    [{ resourceSpans: {} }, 'resourceSpans: must be an array'],
    [{ resourceSpans: [1] }, 'resourceSpans[0]: must be an object'],
    [withSpan(null), `${at}: must be an object`],
    [withSpan({ traceId: 'xyz' }), `${at}.traceId: must be hex digits, two a byte`],
    [withSpan({ traceId: 'abc' }), `${at}.traceId: must be hex digits, two a byte`],
    [withSpan({ traceId: 5 }), `${at}.traceId: must be a string`],
    [withSpan({ kind: 'CLIENT' }), /\.kind: must be a number or one of/],
    [withSpan({ kind: -1 }), /\.kind: must be/],
    [withSpan({ startTimeUnixNano: '12x' }), /startTimeUnixNano: must be an integer/],
    [withSpan({ startTimeUnixNano: -1 }), /startTimeUnixNano: must be an integer/],
    [withSpan({ startTimeUnixNano: '18446744073709551616' }), /startTimeUnixNano: must be an integer/],
    [withSpan({ startTimeUnixNano: 1.5 }), /startTimeUnixNano: must be an integer/],
    [withSpan({ flags: 2 ** 32 }), /flags: must be an integer/],
    [withSpan({ attributes: [{ key: 'k', value: { intValue: '9223372036854775808' } }] }), /intValue/],
    [
      withSpan({ attributes: [{ key: 'k', value: { doubleValue: 'one' } }] }),
      /doubleValue: must be a number/,
    ],
    ...['*', 'A', 'A==', '==', 'AAAAA', 'AQ=', 'AQI==', 'AQID=', 'AQ==AQ==', 'AQ=*'].map(
      (bytesValue): [unknown, RegExp] => [
        withSpan({ attributes: [{ key: 'k', value: { bytesValue } }] }),
        /bytesValue: must be base64/,
      ],
    ),
    ['{"resourceSpans":[],"resourceSpans":[]}', 'resourceSpans: must be there once only'],
    [aroundSpan('{"kind":3,"k":1,"k":2,"\\u006bind":0}'), `${at}.kind: must be there once only`],
    [withSpan({ attributes: [{ key: 'k', value: 3 }] }), `${at}.attributes[0].value: must be an object`],
    [withSpan({ events: [{}, { name: 1 }] }), `${at}.events[1].name: must be a string`],
  ])('%j', (json, expected) => {
    expect(reason(json)).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  test('past whatever stands before it', () => {
    const deep = '['.repeat(2_000) + ']'.repeat(2_000);
    expect(
      reason(`{"a:[{,\\"":[[],{"]":"}:,[","c":{}},1],"resourceSpans":[{"schemaUrl":"{"},{"b":${deep},
        "scopeSpans" : [ {} , {"spans":[]}, { "s\\u0070ans" : [ { "name" : 3 } ] } ] } ] }`),
    ).toBe('resourceSpans[1].scopeSpans[2].spans[0].name: must be a string');
  });

  test('values nested too deep, counting from the first array or kvlist', () => {
    const nested = (levels: number): unknown =>
      levels === 0 ? { arrayValue: {} } : { arrayValue: { values: [nested(levels - 1)] } };
    const attributes = (levels: number) => withSpan({ attributes: [{ key: 'k', value: nested(levels) }] });
    expect(reason(attributes(3))).toBe('ok');
    expect(reason(attributes(4))).toMatch(/nested deeper than 4 levels/);
  });

  test('a body of brackets, a body that is not UTF-8', () => {
    expect(reason('['.repeat(200_000))).toBe('body: not JSON');
    expect(reason(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)).toBe('body: must be an object');
    expect(convertTracesJson(Uint8Array.from([0x22, 0xff, 0x22]), { maxNesting: 4 })).toEqual({
      ok: false,
      reason: 'body: not UTF-8',
    });
  });
});

test('any JSON, and any damaged request, is bytes or an error value', () => {
  const base = withSpan({
    traceId,
    spanId,
    kind: 2,
    attributes: [{ key: 'k', value: { arrayValue: { values: [{ intValue: 3 }] } } }],
    events: [{ timeUnixNano: '4', name: 'e' }],
    links: [{ traceId, spanId }],
    status: { code: 1 },
  });
  /** Replaces the n-th value of a JSON tree. */
  const replaceAt = (json: unknown, n: { left: number }, by: unknown): unknown => {
    if (n.left-- === 0) return by;
    if (Array.isArray(json)) return json.map((item) => replaceAt(item, n, by));
    if (typeof json !== 'object' || json === null) return json;
    return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, replaceAt(item, n, by)]));
  };
  fc.assert(
    fc.property(fc.nat({ max: 40 }), fc.jsonValue({ maxDepth: 3 }), (n, by) => {
      const converted = convert(replaceAt(base, { left: n }, by));
      if (!converted.ok) expect(converted.reason).toMatch(/^[\w[\].]+: (must|nested|not)/);
    }),
    { numRuns: 1000 },
  );
});
