/** For tests: arbitrary OTLP traces, and bytes placed so that a read past their end shows. */
import fc from 'fast-check';
import type { OtlpAttributes, OtlpSpan, OtlpTraces, OtlpValue } from './write.ts';

const KEYS = [
  'service.name',
  'ati.role',
  'gen_ai.usage.input_tokens',
  'http.response.status_code',
  'private.note',
];
export const text = fc.string({ unit: 'grapheme', maxLength: 12 });

const leaf: fc.Arbitrary<OtlpValue> = fc.oneof(
  text,
  fc.boolean(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  // JSON has no -0.
  fc.double({ noNaN: true }).map((value) => ({ double: value === 0 ? 0 : value })),
  fc.uint8Array({ maxLength: 6 }),
);
export const anyValue: fc.Arbitrary<OtlpValue> = fc.oneof(
  { weight: 6, arbitrary: leaf },
  { weight: 1, arbitrary: fc.array(leaf, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.tuple(text, leaf), { maxLength: 3 }).map((kvlist) => ({ kvlist })),
  },
);
export const attributes: fc.Arbitrary<OtlpAttributes> = fc.array(
  fc.tuple(fc.oneof(fc.constantFrom(...KEYS), text), anyValue),
  { maxLength: 5 },
);

/** Never all zeros. */
export const id = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((raw) => {
    raw[bytes - 1] ||= 1;
    return raw;
  });
export const time = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });
export const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const count = maybe(fc.nat());

const traceIds = fc.uniqueArray(id(16), { minLength: 1, maxLength: 4, selector: (raw) => raw.join() });

const span = (ids: Uint8Array[]): fc.Arbitrary<OtlpSpan> =>
  fc.record({
    traceId: fc.constantFrom(...ids),
    spanId: id(8),
    traceState: maybe(text),
    parentSpanId: maybe(id(8)),
    name: maybe(fc.oneof(text, fc.constantFrom('workflow', 'two\nlines', 'x'.repeat(200)))),
    kind: maybe(fc.nat({ max: 5 })),
    startTimeUnixNano: time,
    endTimeUnixNano: maybe(time),
    attributes: maybe(attributes),
    droppedAttributesCount: count,
    events: fc.array(
      fc.record({
        timeUnixNano: maybe(time),
        name: maybe(fc.oneof(text, fc.constantFrom('exception', 'gen_ai.choice'))),
        attributes: maybe(attributes),
        droppedAttributesCount: count,
      }),
      { maxLength: 2 },
    ),
    droppedEventsCount: count,
    links: fc.array(
      fc.record({ traceId: id(16), spanId: id(8), traceState: maybe(text), attributes: maybe(attributes) }),
      { maxLength: 2 },
    ),
    status: maybe(fc.record({ message: maybe(text), code: maybe(fc.nat({ max: 2 })) })),
    flags: maybe(fc.nat({ max: 0x3ff })),
  });

/** Well-formed traces: every id right, every span with a start. */
export const traces: fc.Arbitrary<OtlpTraces> = traceIds.chain((ids) =>
  fc.record({
    resourceSpans: fc.array(
      fc.record({
        resource: maybe(fc.record({ attributes: maybe(attributes), droppedAttributesCount: count })),
        scopeSpans: fc.array(
          fc.record({
            scope: maybe(
              fc.record({ name: maybe(text), version: maybe(text), attributes: maybe(attributes) }),
            ),
            spans: fc.array(span(ids), { maxLength: 5 }),
            schemaUrl: maybe(fc.constantFrom('https://opentelemetry.io/schemas/1.30.0', 'not a url')),
          }),
          { maxLength: 3 },
        ),
        schemaUrl: maybe(fc.constantFrom('https://opentelemetry.io/schemas/1.30.0', 'see\nbelow')),
      }),
      { maxLength: 3 },
    ),
  }),
);

/**
 * The bytes within a larger buffer that goes on as if they did: a reader that leaves its view finds plausible fields
 * (length-delimited ones, whose length byte is the tag's own value) instead of an end.
 */
export function embedded(bytes: Uint8Array): Uint8Array {
  const around = new Uint8Array(bytes.length + 256).fill(0x0a);
  around.set(bytes, 128);
  return around.subarray(128, 128 + bytes.length);
}

/** Ways to break bytes: cut, bits flipped, a byte replaced by an extreme one, a piece repeated. */
export const damage: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc.oneof(
  fc.nat().map((at) => (bytes: Uint8Array) => bytes.slice(0, bytes.length === 0 ? 0 : at % bytes.length)),
  fc.array(fc.nat(), { minLength: 1, maxLength: 8 }).map((flips) => (bytes: Uint8Array) => {
    const out = bytes.slice();
    for (const flip of flips) if (out.length > 0) out[(flip >> 3) % out.length] ^= 1 << (flip & 7);
    return out;
  }),
  fc
    .tuple(fc.array(fc.nat(), { minLength: 1, maxLength: 8 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff))
    .map(([places, value]) => (bytes: Uint8Array) => {
      const out = bytes.slice();
      for (const place of places) if (out.length > 0) out[place % out.length] = value;
      return out;
    }),
  fc.tuple(fc.nat(), fc.nat({ max: 40 })).map(([at, length]) => (bytes: Uint8Array) => {
    const from = bytes.length === 0 ? 0 : at % bytes.length;
    return Uint8Array.from([...bytes.slice(0, from + length), ...bytes.slice(from)]);
  }),
);
