import { describe, expect, test } from 'vitest';
import { ENVELOPE } from '#schemas/otlp/fields.ts';
import {
  Buckets,
  ExponentialHistogramDataPoint as Exponential,
  HistogramDataPoint as Histogram,
  Metric,
  MetricPoints,
  NumberDataPoint as Point,
} from '#schemas/otlp/metric-fields.ts';
import { ProtoWriter } from '#schemas/otlp/write.ts';
import { encodeMetrics, type OtlpMetric } from '#schemas/otlp/write-metrics.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import { appendMetrics, METRIC_KINDS } from './rowbinary.ts';

function rowsOf(otlp: Uint8Array) {
  const outs = METRIC_KINDS.map(() => new RowBuffer(16));
  const result = appendMetrics(outs, { tenant: 'acme', receivedAt: 1_700_000_000_123, otlp });
  return { result, bytes: outs.map((out) => Buffer.from(out.view())) };
}

const canonical = (metric: OtlpMetric) =>
  rowsOf(encodeMetrics({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }));

/** A metric whose fields `write` writes, by hand. */
function byHand(write: (w: ProtoWriter) => void) {
  const w = new ProtoWriter();
  w.message(ENVELOPE.resources, () =>
    w.message(ENVELOPE.scopes, () => w.message(ENVELOPE.members, () => write(w))),
  );
  return rowsOf(w.finish());
}
const point = (w: ProtoWriter, kind: number, write: () => void) =>
  w.message(kind, () => w.message(MetricPoints.dataPoints, write));

const words = (...values: number[]) => {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * i);
  return bytes;
};
const bounds = (...values: number[]) => Buffer.from(new Float64Array(values).buffer);

describe('repeated numbers: packed, one by one, and in several pieces are the same', () => {
  test('of a histogram', () => {
    const expected = canonical({
      histogram: { dataPoints: [{ bucketCounts: [1n, 2n, 3n], explicitBounds: [-1, 0.5] }] },
    });
    const pieces = byHand((w) =>
      point(w, Metric.histogram, () => {
        w.bytes(Histogram.bucketCounts, words(1));
        w.bytes(Histogram.explicitBounds, bounds(-1));
        w.fixed64(Histogram.bucketCountsSingle, 2n);
        w.double(Histogram.explicitBoundsSingle, 0.5);
        w.bytes(Histogram.bucketCounts, words(3));
        w.bytes(Histogram.bucketCounts, words());
      }),
    );
    expect(pieces).toEqual(expected);
  });

  test('of an exponential histogram, whose buckets come in two messages', () => {
    const expected = canonical({
      exponentialHistogram: {
        dataPoints: [{ positive: { offset: -7, bucketCounts: [1n, 2n, 300n] } }],
      },
    });
    const pieces = byHand((w) =>
      point(w, Metric.exponentialHistogram, () => {
        w.message(Exponential.positive, () => {
          w.varint(Buckets.offset, 1);
          w.varint(Buckets.bucketCountsSingle, 1);
        });
        w.message(Exponential.positive, () => {
          w.varint(Buckets.offset, 13);
          w.bytes(Buckets.bucketCounts, Uint8Array.of(2, 0xac, 2));
        });
      }),
    );
    expect(pieces).toEqual(expected);
  });

  test('packed numbers that end within one are a reason', () => {
    const { result, bytes } = byHand((w) =>
      point(w, Metric.histogram, () => w.bytes(Histogram.bucketCounts, words(1).subarray(1))),
    );
    expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(/8 bytes that end within one/) });
    expect(bytes.every(({ length }) => length === 0)).toBe(true);
  });
});

describe('protobuf’s rules', () => {
  test('the last of two values of a point counts, whichever kind it is', () => {
    const both = (first: 'int' | 'double') =>
      byHand((w) =>
        point(w, Metric.gauge, () => {
          if (first === 'int') w.fixed64(Point.asInt, 1n);
          w.double(Point.asDouble, 2.5);
          if (first === 'double') w.fixed64(Point.asInt, 1n);
        }),
      );
    expect(both('int')).toEqual(canonical({ gauge: { dataPoints: [{ asDouble: 2.5 }] } }));
    expect(both('double')).toEqual(canonical({ gauge: { dataPoints: [{ asInt: 1n }] } }));
  });

  test('of two kinds of data the last counts', () => {
    const { result } = byHand((w) => {
      point(w, Metric.gauge, () => w.double(Point.asDouble, 1));
      point(w, Metric.sum, () => w.double(Point.asDouble, 1));
    });
    expect(result).toEqual({ ok: true, rows: [0, 1, 0, 0, 0] });
  });

  test('name and unit behind the points, resource and scope behind the metrics', () => {
    const w = new ProtoWriter();
    w.message(ENVELOPE.resources, () => {
      w.message(ENVELOPE.scopes, () => {
        w.message(ENVELOPE.members, () => {
          point(w, Metric.gauge, () => w.double(Point.asDouble, 1));
          w.string(Metric.unit, 'ms');
          w.string(Metric.name, 'late');
        });
        w.message(ENVELOPE.scope, () => w.string(0x0a, 'lib'));
      });
      w.string(ENVELOPE.schemaUrl, 'url');
      w.message(ENVELOPE.resource, () => {
        w.message(0x0a, () => w.string(0x0a, 'service.name').message(0x12, () => w.string(0x0a, 'shop')));
      });
    });
    const expected = encodeMetrics({
      resourceMetrics: [
        {
          resource: { attributes: { 'service.name': 'shop' } },
          schemaUrl: 'url',
          scopeMetrics: [
            {
              scope: { name: 'lib' },
              metrics: [{ name: 'late', unit: 'ms', gauge: { dataPoints: [{ asDouble: 1 }] } }],
            },
          ],
        },
      ],
    });
    expect(rowsOf(w.finish())).toEqual(rowsOf(expected));
  });
});

test('a metric without data, and one of a kind that is not known, have no rows', () => {
  const none = { ok: true, rows: [0, 0, 0, 0, 0] };
  expect(canonical({ name: 'empty' }).result).toEqual(none);
  expect(byHand((w) => point(w, 0x6a, () => w.double(Point.asDouble, 1))).result).toEqual(none);
  expect(rowsOf(new Uint8Array()).result).toEqual(none);
});
