import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '#schemas/codec.ts';
import { RECORD_OF } from './records.ts';

const batch = fc.record({
  partition: fc.nat(63),
  service: fc.string({ unit: 'grapheme', maxLength: 20 }),
  tenant: fc.string({ unit: 'grapheme', maxLength: 20 }),
  receivedAt: fc.nat(2 ** 45),
  count: fc.nat(50_000),
  otlp: fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(64, 8_191, 8_192, 1_048_576).map((n) => new Uint8Array(n).fill(7)),
    ),
    {
      maxLength: 3,
    },
  ),
});

test('the bytes of a record are those that the codec writes', () => {
  fc.assert(
    fc.property(batch, (one) => {
      const { tenant, receivedAt, service, count } = one;
      const otlp = Buffer.concat(one.otlp);
      const values = {
        traces: encode('SpanBatch', { tenant, receivedAt, spanCount: count, otlp }),
        metrics: encode('MetricBatch', { tenant, receivedAt, service, pointCount: count, otlp }),
        logs: encode('LogBatch', { tenant, receivedAt, service, recordCount: count, otlp }),
      };
      for (const signal of ['traces', 'metrics', 'logs'] as const)
        expect(values[signal].equals(RECORD_OF[signal](one).value as Buffer)).toBe(true);
    }),
    { numRuns: 100 },
  );
});
