import { beforeEach, describe, expect, it } from 'vitest';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { type TestSpan, testBatch, testTraceId } from '../testing/span-log.ts';
import { DescribedColumns } from '../trace/kinds.ts';
import { OpenTraces } from './open-traces.ts';
import { ASSEMBLY_DEFAULTS } from './settings.ts';
import { idWords } from './trace-ids.ts';

const SETTLED_MS = 2 * (ASSEMBLY_DEFAULTS.quietGapMs + ASSEMBLY_DEFAULTS.reopenMs);

let traces: OpenTraces;
beforeEach(() => {
  traces = new OpenTraces(ASSEMBLY_DEFAULTS);
});

/** Adds the spans as one batch; returns what became of each. */
function batch(clock: number, spans: readonly TestSpan[]) {
  const { otlp } = testBatch(clock, spans);
  const rows = new DescribedColumns();
  expect(skimSpans(otlp, rows).ok).toBe(true);
  traces.spans.open(otlp);
  otlp.fill(0); // the caller's to reuse
  const ids = rows.traceWords;
  const arrivals = spans.map((_, row) => {
    const found = traces.find(ids, row * 4, 0);
    const first = { offset: clock, clockBefore: clock, clock };
    const trace = found >= 0 ? found : traces.begin(ids, row * 4, 0, first);
    return traces.offer(trace, rows, row, clock);
  });
  traces.endBatch(clock);
  return arrivals;
}

const numberOf = (trace: number) => traces.find(idWords(testTraceId(trace)), 0, 0);

/** Name and parent of each span, read from its bytes. */
function read(trace: number): string[] {
  const c = traces.columns(numberOf(trace));
  return Array.from({ length: c.n }, (_, row) => {
    const bytes = Buffer.from(c.buffers[c.buffer[row]]);
    const name = bytes.toString('utf8', c.nameOffset[row], c.nameOffset[row] + c.nameLength[row]);
    expect(bytes.indexOf(name, c.spanOffset[row])).toBe(c.nameOffset[row]);
    expect(Buffer.from(c.traceId.subarray(row * 16, row * 16 + 16)).toString('hex')).toBe(testTraceId(trace));
    return `${name} ${c.spanId[row * 8 + 7]} ${c.parentId[row * 8 + 7]}`;
  });
}

const named = (trace: number, span: number) => ({ trace, span, name: `trace-${trace}-span-${span}` });
const shown = (trace: number, spans: readonly number[]) =>
  spans.map((span) => `trace-${trace}-span-${span} ${span} ${span === 1 ? 0 : 1}`);

describe('open traces', () => {
  it('keep each its spans, in order of arrival, and each span once', () => {
    expect(batch(0, [named(1, 2), named(2, 2), named(1, 3)])).toEqual(['added', 'added', 'added']);
    expect(batch(10, [named(1, 1), named(1, 2), named(2, 1)])).toEqual(['added', 'duplicate', 'added']);
    expect(read(1)).toEqual(shown(1, [2, 3, 1]));
    expect(read(2)).toEqual(shown(2, [2, 1]));
  });

  it('a trace of thousands of spans takes each once', () => {
    const spans = Array.from({ length: 5_000 }, (_, i) => named(1, i + 1));
    expect(new Set(batch(0, spans))).toEqual(new Set(['added']));
    expect(new Set(batch(10, spans))).toEqual(new Set(['duplicate']));
    expect(traces.columns(numberOf(1)).n).toBe(5_000);
  });

  it('hundreds at once, forgotten in any order: numbers and rows are used again', () => {
    for (let round = 0; round < 3; round++) {
      const all = Array.from({ length: 500 }, (_, i) => i + 1);
      for (let at = 0; at < 500; at += 50)
        batch(
          round,
          all.slice(at, at + 50).flatMap((trace) => [named(trace, 1), named(trace, 2)]),
        );
      expect([traces.size, Math.max(...all.map(numberOf))]).toEqual([500, 499]);
      expect(read(77)).toEqual(shown(77, [1, 2]));
      for (const trace of [...all.filter((n) => n % 2 === 1), ...all.filter((n) => n % 2 === 0)])
        traces.forget(numberOf(trace));
      // The page that is being filled.
      expect([traces.size, traces.oldest, traces.spans.held.pages]).toEqual([0, -1, 1]);
    }
  });

  it('are in order of their first offset, whichever go', () => {
    for (const trace of [5, 3, 9]) batch(trace, [named(trace, 1)]);
    const oldest = () => traces.firstOffset(traces.oldest);
    traces.forget(numberOf(3));
    expect(oldest()).toBe(5);
    traces.forget(numberOf(5));
    expect(oldest()).toBe(9);
  });
});

describe('bytes', () => {
  const large = (trace: number, spans: number) =>
    Array.from({ length: spans }, (_, i) => ({ ...named(trace, i + 1), name: 'x'.repeat(9_000) }));

  it('of records are in pages, which go with their last trace', () => {
    batch(0, [named(1, 1), named(2, 1), ...large(3, 20)]);
    batch(5, [named(1, 2)]);
    expect(traces.spans.held.pages).toBe(1);
    batch(6, large(4, 20));
    expect(traces.spans.held.pages).toBe(2);
    for (const trace of [1, 3]) traces.forget(numberOf(trace));
    expect(traces.spans.held.pages).toBe(2);
    traces.forget(numberOf(2));
    expect(traces.spans.held).toEqual({ pages: 1, bytes: 256 << 10 });
    expect(traces.columns(numberOf(4)).n).toBe(20);
  });

  it('of a record larger than a page have one of their own', () => {
    batch(0, [...large(1, 40), named(2, 1)]);
    batch(1, [named(2, 2)]);
    expect(traces.spans.held.pages).toBe(2);
    expect(traces.spans.held.bytes).toBeGreaterThan(40 * 9_000 + (256 << 10));
    expect(read(2)).toEqual(shown(2, [1, 2]));
  });

  it('of one that stays open are copied: it holds no page of records', () => {
    batch(0, [named(1, 2), ...large(2, 100)]);
    batch(5, [named(1, 3)]);
    traces.forget(numberOf(2));
    expect(traces.spans.held.bytes).toBeGreaterThan(900_000);
    batch(SETTLED_MS - 1, []);
    expect(traces.spans.held.pages).toBe(2);
    batch(SETTLED_MS + 5, []);
    // One of records, which is being filled, and one of copies.
    expect(traces.spans.held).toEqual({ pages: 2, bytes: 512 << 10 });
    // What comes later is copied at once.
    batch(SETTLED_MS + 7, [named(1, 4)]);
    expect(traces.spans.held.pages).toBe(2);
    expect(read(1)).toEqual(shown(1, [2, 3, 4]));
  });

  it('copies fill pages, and a page goes when its last trace does', () => {
    const spans = (trace: number) =>
      Array.from({ length: 10 }, (_, i) => ({
        ...named(trace, i + 1),
        name: `${'x'.repeat(9_000)}${trace}`,
      }));
    for (let trace = 1; trace <= 20; trace++) batch(trace, spans(trace));
    batch(SETTLED_MS + 20, []);
    // A page takes 28 of such spans; one more is being filled with records.
    expect(traces.spans.held.pages).toBe(Math.ceil(200 / 28) + 1);
    for (let trace = 1; trace <= 20; trace++) {
      expect(read(trace)[9].endsWith(`x${trace} 10 1`)).toBe(true);
      traces.forget(numberOf(trace));
    }
    // Those that are being filled.
    expect(traces.spans.held.pages).toBe(2);
  });
});
