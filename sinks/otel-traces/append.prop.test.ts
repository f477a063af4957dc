import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyValue, attributes, id, traces } from '#schemas/otlp/testing.ts';
import { encodeTraces, type OtlpTraces, type OtlpValue } from '#schemas/otlp/write.ts';
import { rowsOfBlock } from '../native/testing.ts';
import { appendSpans } from './append.ts';
import { naiveRows } from './slow-path.ts';
import { SpanColumns } from './span-columns.ts';

const batch = { tenant: 'default', receivedAt: 1_700_000_000_123 };

/** What stands in the columns already. */
const BEFORE = {
  ...batch,
  otlp: encodeTraces({
    resourceSpans: [
      {
        resource: { attributes: { 'service.name': 'before' } },
        scopeSpans: [
          { spans: [{ traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1), attributes: { a: 1 } }] },
        ],
      },
    ],
  }),
};

/** Text and bytes side by side: a difference then names its column at a glance. */
function compare(given: OtlpTraces) {
  const expected = naiveRows(given, batch);
  const out = new SpanColumns();
  expect(appendSpans(out, { ...batch, otlp: encodeTraces(given) })).toEqual({
    ok: true,
    rows: expected.length,
  });
  expect(rowsOfBlock(out.body()).map((row) => row.toString('latin1'))).toEqual(
    expected.map((row) => row.toString('latin1')),
  );
}

test('rows are those of the slow path', () => {
  fc.assert(fc.property(traces, compare), { numRuns: 300 });
});

/** Nested values, repeated keys, many attributes, Resource behind its spans are rare or missing above. */
const nested: fc.Arbitrary<OtlpValue> = fc.letrec<{ value: OtlpValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyValue,
    fc.constant(null),
    fc.constantFrom<OtlpValue>(
      { double: Number.NaN },
      { double: Number.NEGATIVE_INFINITY },
      { double: -0 },
      { double: 1e21 },
      { double: 1e-7 },
      '</script>&\u2028',
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom('a', 'b', '𝄞', '\uffff', ''), tie('value')), { maxLength: 4 })
      .map((kvlist) => ({ kvlist })),
  ),
})).value;

test('values of every type and depth, repeated keys, hundreds of attributes', () => {
  const many = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 200 }).map((i) => `k${i}`),
      nested,
    ),
    { maxLength: 300 },
  );
  fc.assert(
    fc.property(fc.oneof(many, attributes), many, id(16), id(8), (span, resource, traceId, spanId) => {
      compare({
        resourceSpans: [
          {
            resource: { attributes: resource },
            scopeSpans: [{ scope: { name: 's' }, spans: [{ traceId, spanId, attributes: span }] }],
          },
        ],
      });
    }),
    { numRuns: 100 },
  );
});

test('damaged bytes give whole rows or a reason, and leave what was there', () => {
  const damage = fc.record({
    given: traces,
    at: fc.nat(),
    byte: fc.integer({ min: 0, max: 255 }),
    cut: fc.boolean(),
  });
  fc.assert(
    fc.property(damage, ({ given, at, byte, cut }) => {
      const good = encodeTraces(given);
      if (good.length === 0) return;
      // Bytes behind the view must never be read.
      const around = new Uint8Array(good.length + 64).fill(0x0a);
      around.set(good, 32);
      const position = at % good.length;
      const otlp = around.subarray(32, 32 + (cut ? position : good.length));
      if (!cut) otlp[position] = byte;
      const out = new SpanColumns();
      appendSpans(out, BEFORE);
      const before = Buffer.from(out.body());
      const result = appendSpans(out, { ...batch, otlp });
      if (result.ok) {
        const again = new SpanColumns();
        appendSpans(again, BEFORE);
        appendSpans(again, { ...batch, otlp: Uint8Array.from(otlp) });
        expect(out.rows).toBe(result.rows + 1);
        expect(rowsOfBlock(out.body())).toEqual(rowsOfBlock(again.body()));
      } else {
        expect(result.reason).toMatch(/ at byte \d+$/);
        // Keys that only the damaged rows had may stay in the dictionaries.
        expect(rowsOfBlock(out.body())).toEqual(rowsOfBlock(before));
      }
    }),
    { numRuns: 500 },
  );
});

test('random bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (otlp) => {
      const result = appendSpans(new SpanColumns(), { ...batch, otlp });
      expect(typeof result.ok).toBe('boolean');
    }),
    { numRuns: 1000 },
  );
});

test('resources that were there before, in good records, bad ones and ones without spans, change no row', () => {
  const records = fc.array(fc.record({ pick: fc.nat(2), bad: fc.boolean(), empty: fc.boolean() }), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(fc.array(traces, { minLength: 3, maxLength: 3 }), records, (given, steps) => {
      const out = new SpanColumns();
      const expected: string[] = [];
      for (const { pick, bad, empty } of steps) {
        const { resourceSpans } = given[pick];
        const said: OtlpTraces = {
          resourceSpans: empty ? resourceSpans.map(({ resource }) => ({ resource })) : resourceSpans,
        };
        const otlp = encodeTraces(said);
        // A group (wire type 3) behind the rest is refused.
        const whole = bad ? Buffer.concat([otlp, Buffer.from([0x0b])]) : otlp;
        expect(appendSpans(out, { ...batch, otlp: whole }).ok).toBe(!bad);
        if (!bad) expected.push(...naiveRows(said, batch).map((row) => row.toString('latin1')));
      }
      expect(rowsOfBlock(out.body()).map((row) => row.toString('latin1'))).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});
