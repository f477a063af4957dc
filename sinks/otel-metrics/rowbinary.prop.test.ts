import fc from 'fast-check';
import { expect, test } from 'vitest';
import { damage, embedded } from '#schemas/otlp/testing.ts';
import { metrics } from '#schemas/otlp/testing-telemetry.ts';
import { encodeMetrics, type OtlpMetric, type OtlpMetrics } from '#schemas/otlp/write-metrics.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import { appendMetrics, METRIC_KINDS } from './rowbinary.ts';

const BEFORE = 'before';

function rowsOf(otlp: Uint8Array) {
  const outs = METRIC_KINDS.map(() => new RowBuffer(16));
  for (const out of outs) out.text(BEFORE);
  const result = appendMetrics(outs, { tenant: 'acme', receivedAt: 1_700_000_000_123, otlp });
  return { result, bytes: outs.map((out) => Buffer.from(out.view())) };
}

const untouched = METRIC_KINDS.map(() => Buffer.from(`\u0006${BEFORE}`));

const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;

const metricsOf = ({ resourceMetrics }: OtlpMetrics): OtlpMetric[] =>
  resourceMetrics.flatMap(({ scopeMetrics = [] }) => scopeMetrics.flatMap(({ metrics = [] }) => metrics));

test('a row for every point, in the table of its kind', () => {
  fc.assert(
    fc.property(metrics, (value) => {
      const expected = KINDS.map((kind) =>
        metricsOf(value).reduce((sum, metric) => sum + (metric[kind]?.dataPoints?.length ?? 0), 0),
      );
      expect(rowsOf(encodeMetrics(value)).result).toEqual({ ok: true, rows: expected });
    }),
  );
});

test('rows are those of their metrics one by one: nothing of one leaks into the next', () => {
  fc.assert(
    fc.property(metrics, (value) => {
      const alone = value.resourceMetrics.flatMap((group) =>
        (group.scopeMetrics ?? []).flatMap((inner) =>
          (inner.metrics ?? []).map((metric) =>
            rowsOf(
              encodeMetrics({
                resourceMetrics: [{ ...group, scopeMetrics: [{ ...inner, metrics: [metric] }] }],
              }),
            ),
          ),
        ),
      );
      const together = rowsOf(encodeMetrics(value)).bytes;
      for (const [i, bytes] of together.entries()) {
        const parts = alone.map((each) => each.bytes[i].subarray(untouched[i].length));
        expect(bytes).toEqual(Buffer.concat([untouched[i], ...parts]));
      }
    }),
  );
});

test('damaged bytes: rows or a reason, never a throw; with a reason no buffer has changed', () => {
  fc.assert(
    fc.property(metrics, damage, (value, broken) => {
      const { result, bytes } = rowsOf(embedded(broken(encodeMetrics(value))));
      if (result.ok) return;
      expect(result.reason).toMatch(/ at byte \d+$/);
      expect(bytes).toEqual(untouched);
    }),
  );
});
