import { expect, test } from 'vitest';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { encodeLogs } from '#schemas/otlp/write-logs.ts';
import { encodeMetrics } from '#schemas/otlp/write-metrics.ts';
import { appendLogs } from '../otel-logs/rowbinary.ts';
import { appendMetrics, METRIC_KINDS } from '../otel-metrics/rowbinary.ts';
import { appendSpans } from '../otel-traces/append.ts';
import { SpanColumns } from '../otel-traces/span-columns.ts';
import { MAX_ROW_BYTES } from './bound.ts';
import { RowBuffer } from './buffer.ts';

const RESOURCE_BYTES = 256 << 10;
const resource = { attributes: { large: 'x'.repeat(RESOURCE_BYTES) } };
const some = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
const batch = (otlp: Uint8Array) => ({ tenant: 'acme', receivedAt: 1, otlp });

/** So many rows of one record: what came of them, and what they left in the buffer. */
const RECORDS: Readonly<Record<string, (rows: number) => { ok: boolean; reason?: string; length: number }>> =
  {
    spans(rows) {
      const out = new SpanColumns();
      const id = (i: number) => i.toString(16).padStart(16, '0');
      const spans = some(rows, (i) => ({
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: id(i + 1),
        name: 's',
        startTimeUnixNano: 1n,
        endTimeUnixNano: 2n,
      }));
      const otlp = encodeTraces({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
      return { ...appendSpans(out, batch(otlp)), length: out.length };
    },
    'data points'(rows) {
      const outs = METRIC_KINDS.map(() => new RowBuffer());
      const dataPoints = some(rows, (i) => ({ timeUnixNano: BigInt(i + 1), asInt: 1n }));
      const metrics = [{ name: 'm', gauge: { dataPoints } }];
      const otlp = encodeMetrics({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
      const appended = appendMetrics(outs, batch(otlp));
      return { ...appended, length: outs.reduce((sum, out) => sum + out.length, 0) };
    },
    'log records'(rows) {
      const out = new RowBuffer();
      const logRecords = some(rows, (i) => ({ timeUnixNano: BigInt(i + 1) }));
      const otlp = encodeLogs({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
      return { ...appendLogs(out, batch(otlp)), length: out.length };
    },
  };

test.each(Object.entries(RECORDS))('%s whose resource makes gigabytes of them are refused', (_, append) => {
  const most = Math.floor(MAX_ROW_BYTES / RESOURCE_BYTES);
  expect(append(most - 1)).toMatchObject({ ok: true });
  expect(append(most + 1)).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/^rows of more than \d+ bytes at byte \d+$/),
    length: 0,
  });
});
