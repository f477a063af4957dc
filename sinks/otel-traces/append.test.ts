import { describe, expect, test } from 'vitest';
import {
  Resource,
  ResourceSpans,
  Scope,
  ScopeSpans,
  Span,
  Status,
  TracesData,
} from '#schemas/otlp/fields.ts';
import { encodeTraces, type OtlpSpan, ProtoWriter } from '#schemas/otlp/write.ts';
import { rowsOfBlock } from '../native/testing.ts';
import { MAX_ROW_BYTES } from '../rowbinary/bound.ts';
import { appendSpans } from './append.ts';
import { naiveRows } from './slow-path.ts';
import { SpanColumns } from './span-columns.ts';

const batch = { tenant: 'acme', receivedAt: 1_700_000_000_123 };
const traceId = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex');
const spanId = Buffer.from('a1a2a3a4a5a6a7a8', 'hex');

function rowOf(otlp: Uint8Array): { result: ReturnType<typeof appendSpans>; bytes: Buffer } {
  const out = new SpanColumns();
  const result = appendSpans(out, { ...batch, otlp });
  return { result, bytes: Buffer.concat(rowsOfBlock(out.body())) };
}

const one = (span: Partial<OtlpSpan>) => ({
  resourceSpans: [{ scopeSpans: [{ spans: [{ traceId, spanId, ...span }] }] }],
});

/** Bytes of one row's Duration: it stands before 'Unset' and three empty values. */
function duration(span: Partial<OtlpSpan>): bigint {
  const { bytes } = rowOf(encodeTraces(one(span)));
  return bytes.readBigUInt64LE(bytes.indexOf('\x05Unset') - 8);
}

describe('times', () => {
  test('the end before the start, and a missing end, have duration 0', () => {
    expect(duration({ startTimeUnixNano: 5n, endTimeUnixNano: 4n })).toBe(0n);
    expect(duration({ startTimeUnixNano: 2n ** 40n, endTimeUnixNano: 2n ** 39n })).toBe(0n);
    expect(duration({ startTimeUnixNano: 5n })).toBe(0n);
    expect(duration({ startTimeUnixNano: 5n, endTimeUnixNano: 5n })).toBe(0n);
  });
  test('durations carry over the 32-bit halves, up to 2^64 - 1', () => {
    expect(duration({ startTimeUnixNano: 0xffff_ffffn, endTimeUnixNano: 0x1_0000_0000n })).toBe(1n);
    expect(duration({ startTimeUnixNano: 1n, endTimeUnixNano: 2n ** 64n - 1n })).toBe(2n ** 64n - 2n);
  });
  test('a start past 2262 is stored as the greatest time, not as one before 1970', () => {
    const { bytes } = rowOf(encodeTraces(one({ startTimeUnixNano: 2n ** 64n - 1n })));
    expect(bytes.readBigInt64LE(0)).toBe(2n ** 63n - 1n);
  });
});

describe('identity', () => {
  test.each([
    ['span without trace id', { traceId: Buffer.alloc(0) }],
    ['span without span id', { spanId: Buffer.alloc(0) }],
    ['id of 15 bytes instead of 16', { traceId: traceId.subarray(1) }],
    ['id of 9 bytes instead of 8', { spanId: Buffer.alloc(9, 1) }],
    ['id of 3 bytes instead of 8', { parentSpanId: Buffer.alloc(3, 1) }],
  ])('%s is a reason', (reason, span) => {
    const { result, bytes } = rowOf(encodeTraces(one(span)));
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
    expect(bytes.length).toBe(0);
  });
  test('a parent of zeros is no parent', () => {
    const zeros = rowOf(encodeTraces(one({ parentSpanId: Buffer.alloc(8) }))).bytes;
    expect(zeros).toEqual(rowOf(encodeTraces(one({}))).bytes);
  });
  test('a bad span among good ones takes the whole batch: nothing is half stored', () => {
    const otlp = encodeTraces({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                { traceId, spanId },
                { traceId, spanId: Buffer.alloc(2) },
              ],
            },
          ],
        },
      ],
    });
    const { result, bytes } = rowOf(otlp);
    expect(result.ok).toBe(false);
    expect(bytes.length).toBe(0);
  });
});

test('unknown kinds and codes read as unspecified and unset', () => {
  const { bytes } = rowOf(encodeTraces(one({ kind: 17, status: { code: 9 } })));
  expect(bytes.toString('latin1')).toContain('\x0bUnspecified');
  expect(bytes.toString('latin1')).toContain('\x05Unset');
});

test('a tick has no rows', () => {
  expect(rowOf(new Uint8Array()).result).toEqual({ ok: true, rows: 0 });
});

test('resource and scope behind their spans, fields out of order, a status in two parts', () => {
  const writer = new ProtoWriter();
  writer.message(TracesData.resourceSpans, () => {
    writer.message(ResourceSpans.scopeSpans, () => {
      writer.message(ScopeSpans.spans, () => {
        writer.message(Span.status, () => writer.varint(Status.code, 2));
        writer.message(Span.status, () => writer.string(Status.message, 'boom'));
        writer.varint(Span.kind, 3);
        writer.bytes(Span.spanId, spanId);
        writer.bytes(Span.traceId, traceId);
      });
      writer.message(ScopeSpans.scope, () => writer.string(0x0a, 'lib').string(0x12, '1.2'));
    });
    writer.message(ResourceSpans.resource, () => {
      writer.message(Resource.attributes, () => {
        writer.string(0x0a, 'service.name').message(0x12, () => writer.string(0x0a, 'shop'));
      });
    });
  });
  const expected = naiveRows(
    {
      resourceSpans: [
        {
          resource: { attributes: { 'service.name': 'shop' } },
          scopeSpans: [
            {
              scope: { name: 'lib', version: '1.2' },
              spans: [{ traceId, spanId, kind: 3, status: { code: 2, message: 'boom' } }],
            },
          ],
        },
      ],
    },
    batch,
  );
  expect(rowOf(writer.finish()).bytes).toEqual(Buffer.concat(expected));
});

describe('scopes that do not stand before their spans, or not alone', () => {
  const scope = (name: string) => (writer: ProtoWriter) =>
    writer.message(ScopeSpans.scope, () => writer.string(Scope.name, name).string(Scope.version, '1'));
  const span = (writer: ProtoWriter) =>
    writer.message(ScopeSpans.spans, () => writer.bytes(Span.traceId, traceId).bytes(Span.spanId, spanId));
  const badSpan = (writer: ProtoWriter) =>
    writer.message(ScopeSpans.spans, () => writer.bytes(Span.traceId, spanId));
  /** Its name would be longer than it is. */
  const badScope = (writer: ProtoWriter) => writer.bytes(ScopeSpans.scope, Buffer.from([Scope.name, 9]));
  type Part = (writer: ProtoWriter) => ProtoWriter;
  const traces = (...groups: readonly (readonly Part[])[]) => {
    const writer = new ProtoWriter();
    writer.message(TracesData.resourceSpans, () => {
      for (const parts of groups)
        writer.message(ResourceSpans.scopeSpans, () => {
          for (const part of parts) part(writer);
        });
    });
    return writer.finish();
  };
  const rowsOf = (...scopes: readonly string[]) => {
    const scopeSpans = scopes.map((name) => ({
      scope: name === '' ? undefined : { name, version: '1' },
      spans: [{ traceId, spanId }],
    }));
    return Buffer.concat(naiveRows({ resourceSpans: [{ scopeSpans }] }, batch));
  };

  test.each([
    ['behind', [[span, scope('a')]], ['a']],
    ['two before', [[scope('a'), scope('b'), span]], ['b']],
    ['one before, one behind', [[scope('a'), span, scope('b')]], ['b']],
    ['between spans', [[span, scope('a'), span]], ['a', 'a']],
    ['only the first of two groups has one', [[scope('a'), span], [span]], ['a', '']],
    [
      'behind, in the second group',
      [
        [scope('a'), span],
        [span, scope('b')],
      ],
      ['a', 'b'],
    ],
    ['the last of two is good', [[badScope, scope('b'), span]], ['b']],
    [
      'the last of two is empty',
      [[scope('a'), (w) => w.bytes(ScopeSpans.scope, Buffer.alloc(0)), span]],
      [''],
    ],
  ] as [string, Part[][], string[]][])('%s', (_, groups, scopes) => {
    expect(rowOf(traces(...groups)).bytes.toString('latin1')).toBe(rowsOf(...scopes).toString('latin1'));
  });

  test('a bad scope is named before a bad span', () => {
    const { result } = rowOf(traces([badSpan, badScope]));
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining('length past the end') });
  });

  test('one of a megabyte behind many small spans is refused while its rows are few', () => {
    const spans = Array.from({ length: 100_000 }, () => span);
    const out = new SpanColumns();
    const result = appendSpans(out, { ...batch, otlp: traces([...spans, scope('x'.repeat(1 << 20))]) });
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining('rows of more than') });
    expect(out.length).toBe(0);
    expect(out.scopeName.values.whole.length).toBeLessThanOrEqual(2 * MAX_ROW_BYTES);
  });
});

test('values nested a thousand deep read as null below the limit', () => {
  let otlp = new ProtoWriter().string(0x0a, 'bottom').finish();
  for (let i = 0; i < 1000; i++) {
    const list = new ProtoWriter().bytes(0x0a, otlp).finish();
    otlp = new ProtoWriter().bytes(0x2a, list).finish();
  }
  const writer = new ProtoWriter();
  writer.message(TracesData.resourceSpans, () => {
    writer.message(ResourceSpans.scopeSpans, () => {
      writer.message(ScopeSpans.spans, () => {
        writer.bytes(Span.traceId, traceId).bytes(Span.spanId, spanId);
        writer.message(Span.attributes, () => writer.string(0x0a, 'deep').bytes(0x12, otlp));
      });
    });
  });
  const { result, bytes } = rowOf(writer.finish());
  expect(result).toEqual({ ok: true, rows: 1 });
  expect(bytes.toString('latin1')).toContain(`${'['.repeat(32)}null${']'.repeat(32)}`);
});

test.each([
  { name: 'all of the usual kind', last: 'z' },
  { name: 'the last one a list, long after the first', last: ['x', 'y'] },
])('attributes between other fields: $name', ({ last }) => {
  const writer = new ProtoWriter();
  const text = (key: string, value: string) =>
    writer.message(Span.attributes, () =>
      writer.string(0x0a, key).message(0x12, () => writer.string(0x0a, value)),
    );
  writer.message(TracesData.resourceSpans, () => {
    writer.message(ResourceSpans.scopeSpans, () => {
      writer.message(ScopeSpans.spans, () => {
        text('first', 'a'.repeat(200));
        writer.bytes(Span.spanId, spanId);
        text('second', 'b');
        text('third', '');
        writer.bytes(Span.traceId, traceId);
        if (typeof last === 'string') text('last', last);
        else
          writer.message(Span.attributes, () => {
            writer.string(0x0a, 'last').message(0x12, () => {
              writer.message(0x2a, () => {
                for (const item of last) writer.message(0x0a, () => writer.string(0x0a, item));
              });
            });
          });
      });
    });
  });
  const attributes = { first: 'a'.repeat(200), second: 'b', third: '', last };
  expect(rowOf(writer.finish()).bytes).toEqual(Buffer.concat(naiveRows(one({ attributes }), batch)));
});
