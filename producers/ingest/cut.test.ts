import { describe, expect, test } from 'vitest';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import type { SplitPart as Part } from '#schemas/otlp/split.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { cutParts } from './cut.ts';

const id = (i: number, digits: number) => (i + 1).toString(16).padStart(digits, '0');

function spansOf(from: number, count: number, nameLength: number) {
  return Array.from({ length: count }, (_, i) => ({
    traceId: id(7, 32),
    spanId: id(from + i, 16),
    name: 'n'.repeat(nameLength),
  }));
}
function partOf(resources: { from: number; count: number; nameLength: number; service?: string }[]): Part {
  const otlp = encodeTraces({
    resourceSpans: resources.map(({ from, count, nameLength, service = 'agent' }) => ({
      resource: { attributes: { 'service.name': service } },
      scopeSpans: [{ scope: { name: 'scope' }, spans: spansOf(from, count, nameLength) }],
    })),
  });
  return { partition: 3, spanCount: resources.reduce((sum, { count }) => sum + count, 0), otlp };
}
/** Span id and resource of every span, in order: a reader of its own, not the one under test. */
function seen(otlp: Uint8Array): string[] {
  const columns = new SpanColumns();
  const result = skimSpans(otlp, columns);
  if (!result.ok) throw new Error(result.reason);
  return Array.from({ length: columns.n }, (_, i) => {
    const spanId = Buffer.from(columns.spanId.subarray(i * 8, i * 8 + 8)).toString('hex');
    const offset = columns.resourceOffset[i];
    return `${spanId} ${Buffer.from(otlp.subarray(offset, offset + columns.resourceLength[i])).toString('latin1')}`;
  });
}

test('small parts pass untouched', () => {
  const parts = [partOf([{ from: 0, count: 3, nameLength: 10 }])];
  expect(cutParts(parts, parts[0].otlp.length)).toEqual({ parts, rejected: 0 });
  expect(cutParts(parts, parts[0].otlp.length).parts).toBe(parts);
});

describe('a part one byte too large', () => {
  const part = partOf([
    { from: 0, count: 20, nameLength: 40 },
    { from: 20, count: 1, nameLength: 40, service: 'other' },
    { from: 21, count: 9, nameLength: 300 },
  ]);

  test.each([part.otlp.length - 1, 2000, 500])(
    'is cut at %i bytes: the same spans under the same resources',
    (max) => {
      const { parts, rejected } = cutParts([part], max);
      expect(rejected).toBe(0);
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.flatMap(({ otlp }) => seen(otlp))).toEqual(seen(part.otlp));
      for (const piece of parts) {
        expect(piece.otlp.length).toBeLessThanOrEqual(max);
        expect(piece.spanCount).toBe(seen(piece.otlp).length);
        expect(piece.partition).toBe(3);
      }
    },
  );

  test('the parts beside it stay whole', () => {
    const small = partOf([{ from: 100, count: 1, nameLength: 1 }]);
    expect(cutParts([small, part], 2000).parts[0]).toBe(small);
  });
});

test('a span that fits nowhere is rejected, its neighbours are not', () => {
  const otlp = encodeTraces({
    resourceSpans: [
      { scopeSpans: [{ spans: [...spansOf(0, 2, 10), ...spansOf(2, 1, 5000), ...spansOf(3, 2, 10)] }] },
    ],
  });
  const { parts, rejected } = cutParts([{ partition: 0, spanCount: 5, otlp }], 1000);
  expect(rejected).toBe(1);
  expect(parts.flatMap((part) => seen(part.otlp)).map((line) => line.slice(0, 16))).toEqual(
    [0, 1, 3, 4].map((i) => id(i, 16)),
  );
});

test('a resource of more than half a record is not repeated over and over: its spans are rejected', () => {
  const part = partOf([{ from: 0, count: 50, nameLength: 50, service: 's'.repeat(600) }]);
  expect(cutParts([part], 1000)).toEqual({ parts: [], rejected: 50 });
});
