import { describe, expect, test } from 'vitest';
import { convertLogsJson, convertMetricsJson } from './json.ts';
import { encodeLogs, type OtlpLogRecord } from './write-logs.ts';
import { encodeMetrics, type OtlpMetric } from './write-metrics.ts';

const limits = { maxNesting: 4 };
const bytes = (json: unknown) => Buffer.from(JSON.stringify(json));
const metricsJson = (metric: unknown) => ({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] });
const logsJson = (record: unknown) => ({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const expectMetric = (json: unknown, means: OtlpMetric) => {
  const converted = convertMetricsJson(bytes(metricsJson(json)), limits);
  const otlp = encodeMetrics(metricsJson(means) as Parameters<typeof encodeMetrics>[0]);
  expect(converted.ok ? hexOf(converted.otlp) : converted.reason).toBe(hexOf(otlp));
};
const expectRecord = (json: unknown, means: OtlpLogRecord) =>
  expect(convertLogsJson(bytes(logsJson(json)), limits)).toEqual({
    ok: true,
    otlp: Buffer.from(encodeLogs(logsJson(means) as Parameters<typeof encodeLogs>[0])),
  });

describe('what the specification allows', () => {
  test('64-bit integers as decimal strings or numbers, doubles with their names', () => {
    for (const asInt of ['-3', -3])
      expectMetric(
        { name: 'm', gauge: { dataPoints: [{ timeUnixNano: '1700000000000000001', asInt }] } },
        { name: 'm', gauge: { dataPoints: [{ asInt: -3n, timeUnixNano: 1700000000000000001n }] } },
      );
    expectMetric(
      { gauge: { dataPoints: [{ asDouble: 'NaN' }, { asDouble: 0 }, { asDouble: '-Infinity' }] } },
      { gauge: { dataPoints: [{ asDouble: Number.NaN }, { asDouble: 0 }, { asDouble: -Infinity }] } },
    );
  });

  test('enums as numbers or names', () => {
    for (const aggregationTemporality of [2, 'AGGREGATION_TEMPORALITY_CUMULATIVE'])
      expectMetric(
        { sum: { aggregationTemporality, isMonotonic: true } },
        { sum: { aggregationTemporality: 2, isMonotonic: true } },
      );
    expectRecord({ severityNumber: 'SEVERITY_NUMBER_FATAL4' }, { severityNumber: 24 });
    expectRecord({ severityNumber: 'SEVERITY_NUMBER_INFO' }, { severityNumber: 9 });
    expectRecord({ severityNumber: 17 }, { severityNumber: 17 });
  });

  test('histograms: counts as strings, an explicit zero sum is there, a negative scale and offset', () => {
    expectMetric(
      {
        histogram: {
          dataPoints: [{ count: '3', sum: 0, bucketCounts: ['1', 2], explicitBounds: [0.5, '2'] }],
        },
      },
      {
        histogram: { dataPoints: [{ count: 3n, sum: 0, bucketCounts: [1n, 2n], explicitBounds: [0.5, 2] }] },
      },
    );
    expectMetric(
      {
        exponentialHistogram: {
          dataPoints: [{ scale: -3, positive: { offset: -1, bucketCounts: ['300'] } }],
        },
      },
      {
        exponentialHistogram: { dataPoints: [{ scale: -3, positive: { offset: -1, bucketCounts: [300n] } }] },
      },
    );
  });

  test('as many numbers as there are: eight bytes for each digit of the JSON', () => {
    const count = 20_000;
    expectMetric(
      {
        histogram: {
          dataPoints: [{ bucketCounts: Array(count).fill(1), explicitBounds: Array(count).fill(0) }],
        },
      },
      {
        histogram: {
          dataPoints: [{ bucketCounts: Array(count).fill(1n), explicitBounds: Array(count).fill(0) }],
        },
      },
    );
  });

  test('ids in hex of either case, null as absent, unknown fields of any shape ignored', () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    expectRecord({ traceId: traceId.toUpperCase(), body: null, future: [{}] }, { traceId });
    expectMetric(
      {
        gauge: { aggregationTemporality: 'of no gauge', dataPoints: [{ exemplars: [{ traceId, more: 1 }] }] },
      },
      { gauge: { dataPoints: [{ exemplars: [{ traceId }] }] } },
    );
  });
});

describe('errors say where, and do not quote', () => {
  const metric = 'resourceMetrics[0].scopeMetrics[0].metrics[0]';
  const record = 'resourceLogs[0].scopeLogs[0].logRecords[0]';
  test.each<[unknown, string | RegExp]>([
    [{ gauge: [] }, `${metric}.gauge: must be an object`],
    [{ gauge: { dataPoints: {} } }, `${metric}.gauge.dataPoints: must be an array`],
    [{ sum: { dataPoints: [{ asInt: 1.5 }] } }, /dataPoints\[0\]\.asInt: must be an integer/],
    [
      { sum: { aggregationTemporality: 'secret' } },
      /\.sum\.aggregationTemporality: must be a number or one of/,
    ],
    [{ sum: { isMonotonic: 'secret' } }, `${metric}.sum.isMonotonic: must be true or false`],
    [{ histogram: { dataPoints: [{ bucketCounts: [1, -1] }] } }, /bucketCounts\[1\]: must be an integer/],
    [
      { histogram: { dataPoints: [{ explicitBounds: ['secret'] }] } },
      /explicitBounds\[0\]: must be a number/,
    ],
    [{ exponentialHistogram: { dataPoints: [{ scale: 2 ** 31 }] } }, /\.scale: must be an integer/],
    [{ summary: { dataPoints: [{ quantileValues: [1] }] } }, /quantileValues\[0\]: must be an object/],
    [{ metadata: [{ key: 3 }] }, `${metric}.metadata[0].key: must be a string`],
  ])('metrics: %j', (json, expected) => {
    const converted = convertMetricsJson(bytes(metricsJson(json)), limits);
    expect(converted).toEqual({
      ok: false,
      reason: typeof expected === 'string' ? expected : expect.stringMatching(expected),
    });
    expect(JSON.stringify(converted)).not.toContain('secret');
  });

  test.each<[unknown, string]>([
    [{ body: 'secret' }, `${record}.body: must be an object`],
    [{ traceId: 'secret' }, `${record}.traceId: must be hex digits, two a byte`],
    [{ attributes: 'secret' }, `${record}.attributes: must be an array`],
    [{ severityText: 9 }, `${record}.severityText: must be a string`],
  ])('logs: %j', (json, reason) => {
    expect(convertLogsJson(bytes(logsJson(json)), limits)).toEqual({ ok: false, reason });
  });

  test('another signal is an empty export, no JSON is none', () => {
    expect(convertLogsJson(bytes(metricsJson({})), limits)).toEqual({ ok: true, otlp: Buffer.alloc(0) });
    expect(convertMetricsJson(Buffer.from('{"a":'), limits)).toEqual({ ok: false, reason: 'body: not JSON' });
  });
});
