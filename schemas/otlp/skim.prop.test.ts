import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ATTRIBUTES_OF,
  attributesOf,
  findAttribute,
  forEachAttribute,
  spanEvents,
  spanLinks,
} from './attributes.ts';
import { SpanColumns } from './columns.ts';
import { skimSpans } from './skim.ts';
import { damage, embedded, traces } from './testing.ts';
import { text, uint64 } from './wire.ts';
import { encodeTraces, type OtlpSpan, type OtlpTraces } from './write.ts';

const spansOf = (from: OtlpTraces): OtlpSpan[] =>
  from.resourceSpans.flatMap((group) =>
    (group.scopeSpans ?? []).flatMap((scope) => [...(scope.spans ?? [])]),
  );

const unsigned = (columns: SpanColumns, i: number) =>
  uint64(new Uint8Array(columns.time.buffer, i * 8, 8), 0);

test('every span is a row with its ids, times, kind, status, name and counts of links and events', () => {
  fc.assert(
    fc.property(traces, (input) => {
      const columns = new SpanColumns(1);
      const spans = spansOf(input);
      const otlp = embedded(encodeTraces(input));
      expect(skimSpans(otlp, columns)).toEqual({ ok: true, added: spans.length });
      spans.forEach((span, i) => {
        expect(columns.traceId.subarray(i * 16, i * 16 + 16)).toEqual(span.traceId);
        expect(columns.spanId.subarray(i * 8, i * 8 + 8)).toEqual(span.spanId);
        expect(columns.parentId.subarray(i * 8, i * 8 + 8)).toEqual(span.parentSpanId ?? new Uint8Array(8));
        expect(unsigned(columns, i * 2)).toBe(span.startTimeUnixNano);
        expect(unsigned(columns, i * 2 + 1)).toBe(span.endTimeUnixNano ?? 0n);
        expect(columns.kind[i]).toBe(span.kind ?? 0);
        expect(columns.status[i]).toBe(span.status?.code ?? 0);
        const name = columns.nameOffset[i];
        expect(text(otlp, name, name + columns.nameLength[i])).toBe(span.name ?? '');
        expect(columns.buffers[columns.buffer[i]]).toBe(otlp);
        expect(spanLinks(otlp, columns.spanOffset[i], columns.spanLength[i])).toHaveLength(
          span.links?.length ?? 0,
        );
        expect(spanEvents(otlp, columns.spanOffset[i], columns.spanLength[i])).toHaveLength(
          span.events?.length ?? 0,
        );
      });
    }),
    { numRuns: 150 },
  );
});

/** Everything that can be asked of a body; returns how much of it was readable. */
function readAll(otlp: Uint8Array): number {
  const columns = new SpanColumns(2);
  const skimmed = skimSpans(otlp, columns);
  if (!skimmed.ok) {
    expect(skimmed.reason).toMatch(/ at byte \d+$/);
    expect(columns.n).toBe(0);
    expect(columns.buffers).toEqual([]);
    return 0;
  }
  for (let i = 0; i < columns.n; i++) {
    const offset = columns.spanOffset[i];
    const length = columns.spanLength[i];
    for (const [at, size] of [
      [offset, length],
      [columns.resourceOffset[i], columns.resourceLength[i]],
      [columns.nameOffset[i], columns.nameLength[i]],
    ]) {
      expect(at).toBeGreaterThanOrEqual(0);
      expect(at + size).toBeLessThanOrEqual(otlp.length);
    }
    forEachAttribute(otlp, offset, length, ATTRIBUTES_OF.span, (key) => {
      findAttribute(otlp, offset, length, ATTRIBUTES_OF.span, key);
    });
    attributesOf(otlp, columns.resourceOffset[i], columns.resourceLength[i], ATTRIBUTES_OF.resource);
    spanLinks(otlp, offset, length);
    spanEvents(otlp, offset, length);
  }
  return columns.n;
}

test('damaged bodies are rows or an error value, and what surrounds them makes no difference', () => {
  fc.assert(
    fc.property(traces, damage, (input, break_) => {
      const bytes = break_(encodeTraces(input));
      expect(readAll(embedded(bytes))).toBe(readAll(bytes.slice()));
    }),
    { numRuns: 600 },
  );
});

test('random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      expect(readAll(embedded(bytes))).toBe(readAll(bytes));
    }),
    { numRuns: 1000 },
  );
});

test('lookups at any offset of any bytes', () => {
  fc.assert(
    fc.property(traces, fc.nat(), fc.nat(), fc.nat({ max: 16 }), (input, at, size, field) => {
      const bytes = embedded(encodeTraces(input));
      const offset = at % (bytes.length + 4);
      const length = size % (bytes.length + 4);
      for (const key of ['service.name', '', 'ati.role']) findAttribute(bytes, offset, length, field, key);
      attributesOf(bytes, offset, length, field);
      spanLinks(bytes, offset, length);
      spanEvents(bytes, offset, length);
    }),
    { numRuns: 500 },
  );
});
