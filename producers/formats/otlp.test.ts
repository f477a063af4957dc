import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodeTraces, type OtlpSpan } from '#schemas/otlp/write.ts';
import { type Format, readTraceFile } from './read.ts';
import { bytesOf, readWhole, spansOf, wrongIn } from './testing.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const T = 1_790_000_000_000_000_000n;

const jsonSpan = (spanId = 'b7ad6b7169203331', given: Record<string, unknown> = {}) => ({
  ...{ traceId: TRACE, spanId, name: 'plan', kind: 1 },
  ...{ startTimeUnixNano: String(T), endTimeUnixNano: String(T + 5n) },
  ...given,
});
const request = (...spans: unknown[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [{ spans }],
    },
  ],
});
const line = (...spans: unknown[]) => `${JSON.stringify(request(...spans))}\n`;

describe('OTLP JSON', () => {
  test.each([
    ['one request', request(jsonSpan())],
    ['a list of requests', [request(jsonSpan()), request()]],
    ['one request a line', line(jsonSpan()) + line()],
    [
      'requests one after the other, in several lines each',
      `${JSON.stringify(request(jsonSpan()), null, 2)}\n${JSON.stringify(request(), null, 2)}`,
    ],
    ['with a byte order mark', `\ufeff${JSON.stringify(request(jsonSpan()))}`],
    [
      'the scopes of before OTLP 0.15',
      {
        resourceSpans: [
          { ...request().resourceSpans[0], instrumentationLibrarySpans: [{ spans: [jsonSpan()] }] },
        ],
      },
    ],
    ['the envelope of Tempo', { batches: request(jsonSpan()).resourceSpans }],
    ["the envelope of Jaeger's v3 API", { result: request(jsonSpan()) }],
    [
      'ids in base64',
      request(
        jsonSpan(Buffer.from('b7ad6b7169203331', 'hex').toString('base64'), {
          traceId: Buffer.from(TRACE, 'hex').toString('base64'),
        }),
      ),
    ],
    ['ids in upper case', request(jsonSpan('B7AD6B7169203331', { traceId: TRACE.toUpperCase() }))],
  ])('%s', (_, json) => {
    expect(readWhole(json)).toMatchObject([
      { traceId: TRACE, spanId: 'b7ad6b7169203331', name: 'plan', service: 'shop', start: T, end: T + 5n },
    ]);
  });

  const AT = 'resourceSpans[0].scopeSpans[0].spans[1]';
  test.each<[string, unknown, string]>([
    [
      'a trace id of 15 bytes',
      jsonSpan('b7ad6b7169203331', { traceId: TRACE.slice(2) }),
      `${AT}.traceId: is an id of 15 bytes (30 hex digits): expected 16 (32)`,
    ],
    [
      'a span id of 4 bytes',
      jsonSpan('b7ad6b71'),
      `${AT}.spanId: is an id of 4 bytes (8 hex digits): expected 8 (16)`,
    ],
    ['no span id', jsonSpan('x', { spanId: undefined }), `${AT}.spanId: is missing: a span has one`],
    [
      'no trace id',
      jsonSpan('b7ad6b7169203331', { traceId: null }),
      `${AT}.traceId: is missing: a span has one`,
    ],
    ['a span id of zeros', jsonSpan('0'.repeat(16)), `${AT}.spanId: is an id of zeros`],
    ['an id that is no hex', jsonSpan('no id at all 16!'), `${AT}.spanId: must be hex digits, two a byte`],
    [
      'a parent of 7 bytes',
      jsonSpan('b7ad6b7169203331', { parentSpanId: '0'.repeat(14) }),
      `${AT}.parentSpanId: is an id of 7 bytes (14 hex digits): expected 8 (16)`,
    ],
    [
      'no start',
      jsonSpan('b7ad6b7169203331', { startTimeUnixNano: undefined }),
      `${AT}.startTimeUnixNano: is missing: a span has a start`,
    ],
    [
      'a time that is text',
      jsonSpan('b7ad6b7169203331', { endTimeUnixNano: 'now' }),
      `${AT}.endTimeUnixNano: must be an integer from 0 to 18446744073709551615, as a number or a decimal string`,
    ],
    ['a name that is a number', jsonSpan('b7ad6b7169203331', { name: 7 }), `${AT}.name: must be a string`],
    [
      'attributes that are an object',
      jsonSpan('b7ad6b7169203331', { attributes: {} }),
      `${AT}.attributes: must be an array`,
    ],
  ])('%s: that span alone is left out, and named', (_, wrong, reason) => {
    const json = request(jsonSpan('00000000000000aa'), wrong, jsonSpan('00000000000000bb'));
    expect(wrongIn(json)).toEqual([reason]);
    expect(readTraceFile(bytesOf(json)).spans).toBe(2);
  });

  test('wrong types further up', () => {
    expect(wrongIn({ resourceSpans: 7 })).toEqual(['resourceSpans: must be an array']);
    expect(wrongIn([request(jsonSpan()), 7])).toEqual(['[1]: must be an object']);
    expect(
      wrongIn({ resourceSpans: [{ scopeSpans: [{ spans: {} }] }, request(jsonSpan()).resourceSpans[0]] }),
    ).toEqual(['resourceSpans[0].scopeSpans[0].spans: must be an array']);
  });

  test('spans in two places of a document are read from both', () => {
    const [group] = request(jsonSpan('00000000000000aa')).resourceSpans;
    const [other] = request(jsonSpan('00000000000000bb')).resourceSpans;
    const ids = (json: unknown) => readWhole(json).map(({ spanId }) => spanId.slice(-2));
    expect(ids({ resourceSpans: [group], trace: { batches: [other] } })).toEqual(['aa', 'bb']);
    expect(ids({ batches: [group], resourceSpans: [other] })).toEqual(['aa', 'bb']);
    expect(ids({ resourceSpans: [{ ...group, instrumentationLibrarySpans: other.scopeSpans }] })).toEqual([
      'bb',
      'aa',
    ]);
  });

  test.each([
    [{ resourceSpans: [{ scope_spans: [] }] }, 'resourceSpans[0].scopeSpans', 'scope_spans'],
    [{ resourceSpans: [{ scopeSpans: [{ span: [] }] }] }, 'resourceSpans[0].scopeSpans[0].spans', 'span'],
  ])('another list instead of the one expected is named: %j', (json, place, key) => {
    expect(wrongIn(json)).toEqual([`${place}: is missing: expected an array, but there is only ${key}`]);
  });

  test('a file without spans says so', () => {
    expect(readTraceFile(bytesOf({ resourceSpans: [{ resource: {} }] }))).toMatchObject({
      ...{ spans: 0, formats: ['otlp-json'], notes: ['holds no spans'] },
    });
  });

  test('a field beside the spans that is named like an envelope is unknown', () => {
    expect(readWhole({ ...request(jsonSpan()), trace: 'x', result: null })).toHaveLength(1);
  });

  test('a scope that is none is named, the spans of the others are read', () => {
    const [group] = request(jsonSpan()).resourceSpans;
    const json = { resourceSpans: [{ scopeSpans: [...group.scopeSpans, 7, ...group.scopeSpans] }] };
    expect(wrongIn(json)).toEqual(['resourceSpans[0].scopeSpans[1]: must be an object']);
    expect(readTraceFile(bytesOf(json)).spans).toBe(2);
  });

  test('lines with metrics are told, not taken for traces', () => {
    const reading = readTraceFile(
      bytesOf(`${line(jsonSpan())}{"resourceMetrics":[]}\n{"resourceMetrics":[]}`),
    );
    expect(reading).toMatchObject({
      spans: 1,
      notes: ['requests with metrics instead of spans: left out (2 times)'],
    });
    expect(reading.faults.count).toBe(0);
  });

  test('a line that is cut off is named, the lines before and after it are read', () => {
    const bad = line(jsonSpan('00000000000000bb')).slice(0, 190);
    const text = `${line(jsonSpan('00000000000000aa'))}${bad}\n${line(jsonSpan('00000000000000cc'))}`;
    const reading = readTraceFile(bytesOf(text));
    expect(spansOf(reading).map(({ spanId }) => spanId.slice(-2))).toEqual(['aa', 'cc']);
    expect(reading.faults.first).toEqual([
      {
        place: expect.stringMatching(
          /^line [23], column \d+ \(byte \d+\), in resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[0\]/,
        ),
        reason: expect.stringContaining('expected'),
      },
    ]);
  });

  test('a wrong span in a line is named with the line', () => {
    expect(wrongIn(`${line(jsonSpan())}${line(jsonSpan('b7'))}`)).toEqual([
      'line 2, resourceSpans[0].scopeSpans[0].spans[0].spanId: is an id of 1 bytes (2 hex digits): expected 8 (16)',
    ]);
  });
});

const span = (spanId: string, given: Partial<OtlpSpan> = {}): OtlpSpan => ({
  ...{ traceId: TRACE, spanId, name: 'plan', startTimeUnixNano: T, endTimeUnixNano: T + 5n },
  ...given,
});
const group = (...spans: OtlpSpan[]) => ({
  resource: { attributes: { 'service.name': 'shop' } },
  scopeSpans: [{ spans }],
});
const message = (...groups: ReturnType<typeof group>[]) => encodeTraces({ resourceSpans: groups });
const ONE = message(group(span('00000000000000aa')));
const TWO = message(group(span('00000000000000aa')), group(span('00000000000000bb')));

function prefixed(...messages: Uint8Array[]): Uint8Array {
  return Buffer.concat(
    messages.flatMap((each) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(each.length);
      return [length, each];
    }),
  );
}
const delimited = (...messages: Uint8Array[]) =>
  Buffer.concat(
    messages.flatMap((each) => [Buffer.from([(each.length & 0x7f) | 0x80, each.length >> 7]), each]),
  );
const read = (bytes: Uint8Array, format?: Format) => {
  const reading = readTraceFile(bytes, format);
  return { ids: spansOf(reading).map(({ spanId }) => spanId.slice(-2)), reading };
};
/** Long enough that its length takes two bytes. */
const LONG = message(group(span('00000000000000cc', { name: 'n'.repeat(120) })));

describe('OTLP protobuf', () => {
  test.each<[string, Uint8Array, string[]]>([
    ['one message', TWO, ['aa', 'bb']],
    ['behind four bytes of length', prefixed(TWO, LONG), ['aa', 'bb', 'cc']],
    [
      'compressed behind its length',
      prefixed(zstdCompressSync(TWO), zstdCompressSync(LONG)),
      ['aa', 'bb', 'cc'],
    ],
    ['JSON behind its length', prefixed(bytesOf(request(jsonSpan('00000000000000dd')))), ['dd']],
    ['behind a varint', delimited(LONG, LONG), ['cc', 'cc']],
    ['gzip', gzipSync(TWO), ['aa', 'bb']],
    ['zstd', zstdCompressSync(TWO), ['aa', 'bb']],
  ])('%s', (_, bytes, ids) => {
    const { ids: found, reading } = read(bytes);
    expect([found, reading.faults.first, reading.skipped.count]).toEqual([ids, [], 0]);
  });

  test('cut off: what is whole before is read, the place is named', () => {
    const { ids, reading } = read(TWO.slice(0, TWO.length - 5));
    expect(ids).toEqual(['aa']);
    expect(reading.faults.first).toEqual([
      {
        place: `byte ${ONE.length}`,
        reason: expect.stringMatching(/^cut off or broken: length past the end.*, where \d+ bytes are left$/),
      },
    ]);
  });

  test('cut off between lengths and messages', () => {
    const bytes = prefixed(ONE, TWO);
    const { ids, reading } = read(bytes.subarray(0, bytes.length - 7));
    expect(ids).toEqual(['aa']);
    expect(reading.faults.first).toEqual([
      {
        place: `byte ${ONE.length + 4}`,
        reason: `cut off here: message 2 has ${TWO.length} bytes, but only ${TWO.length - 7} follow`,
      },
    ]);
  });

  test('a span with a wrong id is left out and named by its byte', () => {
    const bytes = message(
      group(span('00000000000000aa'), span('00bb'), span('00000000000000cc')),
      group(span('00000000000000dd', { startTimeUnixNano: 0n })),
    );
    const { ids, reading } = read(bytes);
    expect(ids).toEqual(['aa', 'cc']);
    expect(reading.skipped).toMatchObject({
      count: 2,
      first: [{ reason: 'span id of 2 bytes' }, { reason: 'no start time' }],
    });
    for (const { place } of reading.skipped.first) {
      const at = Number(/^byte (\d+)$/.exec(place)?.[1]);
      // The span's first field is its trace id.
      expect(Buffer.from(bytes).subarray(at, at + 2)).toEqual(Buffer.from([0x0a, 16]));
    }
  });

  test('a JSON message behind its length: a wrong span is named with the message', () => {
    const { reading } = read(prefixed(bytesOf(request(jsonSpan())), bytesOf(request(jsonSpan('00bb')))));
    const at = JSON.stringify(request(jsonSpan())).length + 8;
    expect([reading.spans, reading.skipped.first.map(({ place }) => place)]).toEqual([
      1,
      [`message at byte ${at}, resourceSpans[0].scopeSpans[0].spans[0].spanId`],
    ]);
  });

  test('fields that OTLP does not have are told: they may be spans of another version', () => {
    // Field 1000 of ResourceSpans had the spans before OTLP 0.15; here it is empty.
    const old = Buffer.from('0a03c23e00', 'hex');
    expect(read(Buffer.concat([ONE, old])).reading).toMatchObject({
      ...{ spans: 1, notes: ['protobuf fields that OTLP does not have: left out'] },
    });
  });

  test('bytes that are broken within name their place in the file', () => {
    const bytes = Uint8Array.from([...ONE, ...ONE]);
    // The last span's last field is its end: eight bytes. Make its tag a group, which OTLP never had.
    bytes[bytes.length - 9] = 0x43;
    const { ids, reading } = read(bytes);
    expect(ids).toEqual(['aa']);
    expect(reading.faults.first).toEqual([
      {
        place: `byte ${ONE.length}`,
        reason: `is no OTLP protobuf: group or unknown wire type at byte ${bytes.length - 8}`,
      },
    ]);
  });
});

describe('what is no trace', () => {
  test.each<[string, Uint8Array | string, RegExp]>([
    ['nothing', '', /^: is empty$/],
    ['white space', ' \n ', /^: holds nothing but white space$/],
    [
      'a picture',
      Buffer.from('89504e470d0a1a0a0000', 'hex'),
      /^byte 0: is neither JSON nor OTLP protobuf \(it starts with the bytes 89504e47\); expected OTLP/,
    ],
    [
      'text',
      'hello there',
      /^byte 0: is neither JSON nor OTLP protobuf \(it starts with the bytes 68656c6c\)/,
    ],
    ['a line feed and text', '\nhello there, how are you', /^byte 0: cut off or broken/],
    [
      'another JSON',
      '{"hello":1,"secret":"x"}',
      /^: is JSON, but no trace: an object with hello, secret; expected OTLP/,
    ],
    ['an empty list', '[]', /^: is JSON, but no trace: an empty list/],
    ['a list of numbers', '[1,2]', /^: is JSON, but no trace: a list of 2 that are no spans/],
    ['broken gzip', gzipSync(TWO).subarray(0, 40), /^: is broken or cut off gzip data/],
    ['broken zstd', zstdCompressSync(TWO).subarray(0, 40), /^: is broken or cut off zstd data/],
    ['bytes that are no text', Buffer.from('7b22ff22', 'hex'), /^: is not UTF-8 text$/],
    [
      'JSON that is cut off',
      '{"resourceSpans":[{"scopeSpans":[',
      /^line 1, column 34 \(byte 33\), in resourceSpans\[0\]\.scopeSpans\[0\]: cut off here: expected a value$/,
    ],
  ])('%s', (_, file, reason) => {
    const reading = readTraceFile(typeof file === 'string' ? Buffer.from(file) : file);
    const [fault] = reading.faults.first;
    expect([reading.spans, reading.faults.count]).toEqual([0, 1]);
    expect(`${fault.place}: ${fault.reason}`).toMatch(reason);
  });

  test('a format that is asked for is kept to', () => {
    expect(wrongIn(request(jsonSpan()), 'jaeger')).toEqual(['spans: is missing: expected an array']);
    expect(wrongIn({ hello: 1 }, 'otlp-json')).toEqual(['resourceSpans: is missing: expected an array']);
    expect(wrongIn('hello', 'otlp-proto')[0]).toMatch(/^byte \d+: is no OTLP protobuf/);
  });
});
