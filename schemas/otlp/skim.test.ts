import { describe, expect, test } from 'vitest';
import { ATTRIBUTES_OF, attributesOf, findAttribute, spanEvents, spanLinks } from './attributes.ts';
import { SpanColumns } from './columns.ts';
import { skimSpans } from './skim.ts';
import { encodeTraces, type OtlpAttributes, type OtlpSpan, ProtoWriter } from './write.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const span: OtlpSpan = { traceId, spanId, name: 'workflow', startTimeUnixNano: 5n };

/** A body around hand-made Span bytes. */
function around(write: (w: ProtoWriter) => void, resource?: (w: ProtoWriter) => void): Uint8Array {
  const w = new ProtoWriter();
  return w
    .message(0x0a, () => {
      if (resource) resource(w);
      w.message(0x12, () => w.message(0x12, () => write(w)));
    })
    .finish();
}
const ids = (w: ProtoWriter) =>
  w.bytes(0x0a, Buffer.from(traceId, 'hex')).bytes(0x12, Buffer.from(spanId, 'hex'));

function skim(otlp: Uint8Array) {
  const columns = new SpanColumns(1);
  return { columns, result: skimSpans(otlp, columns) };
}

describe('what protobuf allows', () => {
  test('an empty body has no spans', () => {
    const { columns, result } = skim(new Uint8Array(0));
    expect(result).toEqual({ ok: true, added: 0 });
    expect(columns.buffers).toEqual([]);
  });

  test('fields in any order, unknown fields of every wire type, the last scalar wins', () => {
    const otlp = around((w) => {
      w.varint(0x30, 1)
        .fixed64(0x39, 1n)
        .varint(100 << 3, 5)
        .fixed64((100 << 3) | 1, 5n);
      w.string(0x2a, 'first')
        .string((100 << 3) | 2, 'unknown')
        .fixed32((100 << 3) | 5, 5);
      ids(w).varint(0x30, 3).fixed64(0x39, 2n).string(0x2a, 'last');
    });
    const { columns, result } = skim(otlp);
    expect(result).toEqual({ ok: true, added: 1 });
    expect(columns.kind[0]).toBe(3);
    expect(columns.time[0]).toBe(2);
    expect(columns.nameLength[0]).toBe(4);
  });

  test('a status without a code leaves the code of the status before it', () => {
    const { columns } = skim(
      around((w) =>
        ids(w)
          .message(0x7a, () => w.varint(0x18, 2))
          .message(0x7a, () => w.string(0x12, 'no')),
      ),
    );
    expect(columns.status[0]).toBe(2);
  });

  test('lengths of more bytes than needed', () => {
    const padded = Uint8Array.from([0x0a, 0x80, 0x80, 0x80, 0x00]);
    expect(skim(padded).result).toEqual({ ok: true, added: 0 });
  });

  test('an empty parent id is no parent; an enum of the future is unspecified', () => {
    const { columns, result } = skim(
      around((w) =>
        ids(w)
          .bytes(0x22, new Uint8Array(0))
          .varint(0x30, 9)
          .message(0x7a, () => w.varint(0x18, -1)),
      ),
    );
    expect(result.ok).toBe(true);
    expect([...columns.parentId.subarray(0, 8)]).toEqual(Array(8).fill(0));
    expect([columns.kind[0], columns.status[0]]).toEqual([0, 0]);
  });

  test('a resource behind its spans still belongs to them, and to no others', () => {
    const w = new ProtoWriter();
    w.message(0x0a, () => {
      w.message(0x12, () => w.message(0x12, () => ids(w)));
      w.message(0x0a, () =>
        w.message(0x0a, () => w.string(0x0a, 'service.name').message(0x12, () => w.string(0x0a, 'a'))),
      );
    });
    w.message(0x0a, () => w.message(0x12, () => w.message(0x12, () => ids(w))));
    const otlp = w.finish();
    const { columns } = skim(otlp);
    const service = (i: number) =>
      findAttribute(
        otlp,
        columns.resourceOffset[i],
        columns.resourceLength[i],
        ATTRIBUTES_OF.resource,
        'service.name',
      );
    expect([service(0), service(1)]).toEqual(['a', undefined]);
    expect(columns.resourceLength[1]).toBe(0);
  });

  test('rows are appended, across growth, and a reused row keeps nothing of the span before', () => {
    const columns = new SpanColumns(1);
    const one = encodeTraces({
      resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, parentSpanId: spanId, endTimeUnixNano: 9n }] }] }],
    });
    for (let i = 0; i < 5; i++) expect(skimSpans(one, columns)).toEqual({ ok: true, added: 1 });
    expect([...columns.buffer.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4]);
    columns.n = 0;
    columns.buffers.length = 0;
    skimSpans(encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }), columns);
    expect([...columns.parentId.subarray(0, 8)]).toEqual(Array(8).fill(0));
    expect([...columns.time.subarray(0, 4)]).toEqual([5, 0, 0, 0]);
  });
});

describe('error values', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['a trace id of 15 bytes', around((w) => w.bytes(0x0a, new Uint8Array(15))), /id of 15 bytes/],
    ['a span id of 16 bytes', around((w) => w.bytes(0x12, new Uint8Array(16))), /id of 16 bytes/],
    ['a parent id of 7 bytes', around((w) => ids(w).bytes(0x22, new Uint8Array(7))), /id of 7 bytes/],
    ['no trace id', around((w) => w.bytes(0x12, new Uint8Array(8))), /without trace id/],
    ['no span id', around((w) => w.bytes(0x0a, new Uint8Array(16))), /without span id/],
    ['a group', around((w) => ids(w).varint((20 << 3) | 3, 0)), /group/],
    ['wire type 6', around((w) => ids(w).varint((20 << 3) | 6, 0)), /wire type/],
    ['field number 0', Uint8Array.from([0x02, 0x00]), /field number/],
    ['a tag of 33 bits', Uint8Array.from([0x82, 0x80, 0x80, 0x80, 0x20, 0x00]), /field number/],
    ['a length past the end', Uint8Array.from([0x0a, 0x02, 0x12]), /past the end/],
    ['a length of 2^63', Uint8Array.from([0x0a, ...Array(9).fill(0xff), 0x00]), /past the end/],
    ['a number of 11 bytes', Uint8Array.from([0x0a, ...Array(10).fill(0x80), 0x01]), /64 bits/],
    ['a number of 65 bits', Uint8Array.from([0x08, ...Array(9).fill(0xff), 0x02]), /64 bits/],
    ['a lone continuation byte', Uint8Array.from([0x0a, 0x80]), /truncated/],
    [
      'a span past the end of its scope',
      Uint8Array.from([0x0a, 4, 0x12, 2, 0x12, 2, 0x0a, 0]),
      /past the end/,
    ],
    ['a time that is cut off', around((w) => ids(w).bytes(0x39, Buffer.alloc(0))), /truncated/],
  ])('%s', (_, otlp, reason) => {
    const { columns, result } = skim(otlp);
    expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
    expect(columns.n).toBe(0);
  });

  test('the rows of a body that fails half-way are taken back', () => {
    const columns = new SpanColumns(1);
    const good = encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans: [span, span] }] }] });
    skimSpans(good, columns);
    expect(skimSpans(Buffer.concat([good, Buffer.from([0x0a, 9])]), columns).ok).toBe(false);
    expect([columns.n, columns.buffers.length]).toEqual([2, 1]);
  });
});

describe('attributes on demand', () => {
  const attributes: OtlpAttributes = [
    ['text', 'käse'],
    ['int', -3],
    ['large', 2n ** 62n],
    ['safe', 2n ** 53n - 1n],
    ['double', { double: 3 }],
    ['yes', true],
    ['offsets', [0, 50, 100]],
    ['names', ['a', 'b']],
    ['mixed', [1, 'x', true, 0.5]],
    ['nested', [[1]]],
    ['kvlist', { kvlist: { secret: 'x' } }],
    ['bytes', new Uint8Array(2)],
    ['text', 'again'],
    ['__proto__', 'p'],
    ['x'.repeat(130), 'long key'],
  ];
  const otlp = encodeTraces({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                ...span,
                attributes,
                events: [
                  { timeUnixNano: 2n ** 63n, name: 'exception', attributes: { 'exception.type': 'E' } },
                ],
                links: [
                  { traceId, spanId },
                  { traceId, spanId: 'abcd' },
                ],
              },
            ],
          },
        ],
      },
    ],
  });
  const { columns } = skim(otlp);
  const find = (key: string) =>
    findAttribute(otlp, columns.spanOffset[0], columns.spanLength[0], ATTRIBUTES_OF.span, key);

  test.each([
    ['text', 'käse'],
    ['int', -3],
    ['large', '4611686018427387904'],
    ['safe', 2 ** 53 - 1],
    ['double', 3],
    ['yes', true],
    ['offsets', [0, 50, 100]],
    ['names', ['a', 'b']],
    ['mixed', [1, 'x', true, 0.5]],
    ['nested', undefined],
    ['kvlist', undefined],
    ['bytes', undefined],
    ['missing', undefined],
    ['tex', undefined],
    ['textt', undefined],
    ['__proto__', 'p'],
    ['x'.repeat(130), 'long key'],
  ])('%s', (key, value) => {
    expect(find(key)).toEqual(value);
  });

  test('all of them: the first of a repeated key, readable values only', () => {
    const all = attributesOf(otlp, columns.spanOffset[0], columns.spanLength[0], ATTRIBUTES_OF.span);
    expect(Object.keys(all)).toHaveLength(attributes.length - 4);
    expect(all.text).toBe('käse');
  });

  test('links without broken ones; events with time, name and attributes', () => {
    expect(spanLinks(otlp, columns.spanOffset[0], columns.spanLength[0])).toEqual([{ traceId, spanId }]);
    const [event] = spanEvents(otlp, columns.spanOffset[0], columns.spanLength[0]);
    expect(event).toMatchObject({ timeUnixNano: 2n ** 63n, name: 'exception' });
    expect({ ...event.attributes }).toEqual({ 'exception.type': 'E' });
  });

  test('a slice outside the bytes has nothing', () => {
    expect(findAttribute(otlp, 0, otlp.length + 1, 9, 'text')).toBeUndefined();
    expect(findAttribute(otlp, -1, 4, 9, 'text')).toBeUndefined();
  });
});
