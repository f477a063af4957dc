import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OtlpMetric } from '#schemas/otlp/write-metrics.ts';
import { telemetry } from '../projections/telemetry.ts';
import { hex, startDatabase, store, type TestDatabase } from '../testing.ts';
import { metricBatch, NANOS, RECEIVED_AT } from '../testing-telemetry.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await startDatabase();
});
afterAll(() => db?.stop());

const MAP = 'Map(LowCardinality(String), String)';
const HEAD = {
  ResourceAttributes: MAP,
  ResourceSchemaUrl: 'String',
  ScopeName: 'String',
  ScopeVersion: 'String',
  ScopeAttributes: MAP,
  ScopeDroppedAttrCount: 'UInt32',
  ScopeSchemaUrl: 'String',
  ServiceName: 'LowCardinality(String)',
  MetricName: 'LowCardinality(String)',
  MetricDescription: 'String',
  MetricUnit: 'String',
  Attributes: MAP,
  StartTimeUnix: 'DateTime64(9)',
  TimeUnix: 'DateTime64(9)',
};
const EXEMPLARS = {
  'Exemplars.FilteredAttributes': `Array(${MAP})`,
  'Exemplars.TimeUnix': 'Array(DateTime64(9))',
  'Exemplars.Value': 'Array(Float64)',
  'Exemplars.SpanId': 'Array(String)',
  'Exemplars.TraceId': 'Array(String)',
};
const EXTREMES = { Flags: 'UInt32', Min: 'Float64', Max: 'Float64', AggregationTemporality: 'Int32' };
const OURS = ['TenantId', 'ReceivedAt', 'SeriesId', 'StoredAt'];
const PRESENCE = ['TenantId', 'ReceivedAt', 'HasSum', 'HasMin', 'HasMax'];

/** The tables of the Collector's ClickHouse exporter, column by column, and what comes after. */
const EXPORTER: [string, Record<string, string>, string[]][] = [
  ['otel_metrics_gauge', { ...HEAD, Value: 'Float64', Flags: 'UInt32', ...EXEMPLARS }, OURS],
  [
    'otel_metrics_sum',
    {
      ...HEAD,
      Value: 'Float64',
      Flags: 'UInt32',
      ...EXEMPLARS,
      AggregationTemporality: 'Int32',
      IsMonotonic: 'Bool',
    },
    OURS,
  ],
  [
    'otel_metrics_histogram',
    {
      ...HEAD,
      Count: 'UInt64',
      Sum: 'Float64',
      BucketCounts: 'Array(UInt64)',
      ExplicitBounds: 'Array(Float64)',
      ...EXEMPLARS,
      ...EXTREMES,
    },
    [...PRESENCE, 'SeriesId', 'StoredAt'],
  ],
  [
    'otel_metrics_exponential_histogram',
    {
      ...HEAD,
      Count: 'UInt64',
      Sum: 'Float64',
      Scale: 'Int32',
      ZeroCount: 'UInt64',
      PositiveOffset: 'Int32',
      PositiveBucketCounts: 'Array(UInt64)',
      NegativeOffset: 'Int32',
      NegativeBucketCounts: 'Array(UInt64)',
      ...EXEMPLARS,
      ...EXTREMES,
    },
    [...PRESENCE, 'ZeroThreshold', 'SeriesId', 'StoredAt'],
  ],
  [
    'otel_metrics_summary',
    {
      ...HEAD,
      Count: 'UInt64',
      Sum: 'Float64',
      'ValueAtQuantiles.Quantile': 'Array(Float64)',
      'ValueAtQuantiles.Value': 'Array(Float64)',
      Flags: 'UInt32',
    },
    OURS,
  ],
];

test.each(EXPORTER)(
  '%s has the columns of the Collector’s exporter, in its order, then ours',
  async (table, columns, ours) => {
    const rows = await db.clickhouse.query<{ name: string; type: string }>(
      'SELECT name, type FROM system.columns WHERE database = {db:String} AND table = {table:String} ORDER BY position',
      { params: { db: db.database, table } },
    );
    const theirs = Object.entries(columns);
    expect(rows.slice(0, theirs.length).map(({ name, type }) => [name, type])).toEqual(theirs);
    expect(rows.slice(theirs.length).map(({ name }) => name)).toEqual(ours);
  },
);

const rowsOf = (table: string, name: string, columns = '* EXCEPT (SeriesId, StoredAt)') =>
  db.clickhouse.query(
    `SELECT ${columns} FROM ${db.database}.${table} FINAL WHERE MetricName = {name:String} ORDER BY TimeUnix, ReceivedAt`,
    { params: { name } },
  );

const COMMON = {
  ResourceAttributes: { 'service.name': 'shop', 'host.name': 'box' },
  ResourceSchemaUrl: 'resource-schema',
  ScopeName: 'meter',
  ScopeVersion: '1.2',
  ScopeAttributes: { build: '7' },
  ScopeDroppedAttrCount: 3,
  ScopeSchemaUrl: 'scope-schema',
  ServiceName: 'shop',
  MetricDescription: 'what it is',
  MetricUnit: 'ms',
  Attributes: { pool: 'a' },
  StartTimeUnix: '2023-11-14 22:13:20.123456788',
  TimeUnix: '2023-11-14 22:13:20.123456789',
  TenantId: 'default',
  ReceivedAt: '2023-11-14 22:13:20.500',
};
const EXEMPLAR_ROW = {
  'Exemplars.FilteredAttributes': [{ k: 'v' }, {}],
  'Exemplars.TimeUnix': ['2023-11-14 22:13:20.123456789', '1970-01-01 00:00:00.000000000'],
  'Exemplars.Value': [1.5, -7],
  'Exemplars.SpanId': [hex(4, 16), ''],
  'Exemplars.TraceId': [hex(3, 32), ''],
};
const exemplars = [
  {
    filteredAttributes: { k: 'v' },
    timeUnixNano: NANOS,
    asDouble: 1.5,
    spanId: hex(4, 16),
    traceId: hex(3, 32),
  },
  { asInt: -7n },
];
const at = { attributes: { pool: 'a' }, startTimeUnixNano: NANOS - 1n, timeUnixNano: NANOS, flags: 1 };
const named = (name: string) => ({ name, description: 'what it is', unit: 'ms' });

describe('every column, as the engine reads it', () => {
  beforeAll(async () => {
    await store(db, telemetry, 'MetricBatch', [
      metricBatch([
        { ...named('g'), gauge: { dataPoints: [{ ...at, asDouble: -0.25, exemplars }] } },
        {
          ...named('s'),
          sum: {
            dataPoints: [{ ...at, asInt: -(2n ** 62n), exemplars }],
            aggregationTemporality: 2,
            isMonotonic: true,
          },
        },
        {
          ...named('h'),
          histogram: {
            dataPoints: [
              {
                ...at,
                count: 2n ** 64n - 1n,
                sum: 12.5,
                bucketCounts: [1n, 2n ** 63n, 0n],
                explicitBounds: [-1.5, 10],
                exemplars,
                min: -2,
                max: 9,
              },
              { ...at, timeUnixNano: NANOS + 1n, count: 4n },
            ],
            aggregationTemporality: 1,
          },
        },
        {
          ...named('e'),
          exponentialHistogram: {
            dataPoints: [
              {
                ...at,
                count: 10n,
                sum: -3.5,
                scale: -2,
                zeroCount: 2n ** 53n + 1n,
                positive: { offset: -5, bucketCounts: [1n, 0n, 2n ** 64n - 1n] },
                negative: { offset: 3, bucketCounts: [4n, 300n] },
                exemplars,
                min: -16,
                max: 1,
                zeroThreshold: 0.125,
              },
            ],
            aggregationTemporality: 2,
          },
        },
        {
          ...named('q'),
          summary: {
            dataPoints: [
              {
                ...at,
                count: 3n,
                sum: 6.5,
                quantileValues: [{ value: 1 }, { quantile: 0.5, value: 2 }, { quantile: 1 }],
              },
            ],
          },
        },
      ]),
    ]);
  });

  test('gauge', async () => {
    expect(await rowsOf('otel_metrics_gauge', 'g')).toEqual([
      { ...COMMON, MetricName: 'g', Value: -0.25, Flags: 1, ...EXEMPLAR_ROW },
    ]);
  });

  test('sum: a 64-bit integer is the nearest double', async () => {
    expect(await rowsOf('otel_metrics_sum', 's')).toEqual([
      {
        ...COMMON,
        MetricName: 's',
        Value: -(2 ** 62),
        Flags: 1,
        ...EXEMPLAR_ROW,
        AggregationTemporality: 2,
        IsMonotonic: true,
      },
    ]);
  });

  test('histogram: 64-bit counts are exact, what was not sent is said', async () => {
    expect(await rowsOf('otel_metrics_histogram', 'h')).toEqual([
      {
        ...COMMON,
        MetricName: 'h',
        Count: '18446744073709551615',
        Sum: 12.5,
        BucketCounts: ['1', '9223372036854775808', '0'],
        ExplicitBounds: [-1.5, 10],
        ...EXEMPLAR_ROW,
        ...{ Flags: 1, Min: -2, Max: 9, AggregationTemporality: 1 },
        ...{ HasSum: true, HasMin: true, HasMax: true },
      },
      expect.objectContaining({
        ...{ Count: '4', Sum: 0, BucketCounts: [], ExplicitBounds: [], Min: 0, Max: 0 },
        ...{ HasSum: false, HasMin: false, HasMax: false },
      }),
    ]);
  });

  test('exponential histogram, with negative buckets, scale and offset', async () => {
    expect(await rowsOf('otel_metrics_exponential_histogram', 'e')).toEqual([
      {
        ...COMMON,
        MetricName: 'e',
        Count: '10',
        Sum: -3.5,
        Scale: -2,
        ZeroCount: '9007199254740993',
        PositiveOffset: -5,
        PositiveBucketCounts: ['1', '0', '18446744073709551615'],
        NegativeOffset: 3,
        NegativeBucketCounts: ['4', '300'],
        ...EXEMPLAR_ROW,
        ...{ Flags: 1, Min: -16, Max: 1, AggregationTemporality: 2 },
        ...{ HasSum: true, HasMin: true, HasMax: true, ZeroThreshold: 0.125 },
      },
    ]);
  });

  test('summary', async () => {
    expect(await rowsOf('otel_metrics_summary', 'q')).toEqual([
      {
        ...COMMON,
        MetricName: 'q',
        Count: '3',
        Sum: 6.5,
        'ValueAtQuantiles.Quantile': [0, 0.5, 1],
        'ValueAtQuantiles.Value': [1, 2, 0],
        Flags: 1,
      },
    ]);
  });
});

describe('a point is itself by its series, start and time', () => {
  const gauge = (
    name: string,
    ...dataPoints: NonNullable<NonNullable<OtlpMetric['gauge']>['dataPoints']>
  ) => ({
    name,
    gauge: { dataPoints },
  });
  const values = async (name: string) => {
    const rows = await rowsOf('otel_metrics_gauge', name, 'Value');
    return rows.map(({ Value }) => Value).sort();
  };

  test('delivered again, also in another batch, with others, and a day later, it is there once', async () => {
    const [one, two] = [
      { ...at, asInt: 1n },
      { ...at, timeUnixNano: NANOS + 1n, asInt: 2n },
    ];
    await store(db, telemetry, 'MetricBatch', [metricBatch([gauge('again', one, two)])]);
    await store(db, telemetry, 'MetricBatch', [
      metricBatch([gauge('again', two)]),
      metricBatch([gauge('again', one)]),
    ]);
    const receivedAt = RECEIVED_AT + 90_000_000;
    await store(db, telemetry, 'MetricBatch', [metricBatch([gauge('again', two, one)], { receivedAt })]);
    expect(await values('again')).toEqual([1, 2]);
  });

  test('another attribute, start, time, unit, service, tenant, or kind is another point', async () => {
    const point = { ...at, asInt: 1n };
    const name = 'others';
    const others = [
      metricBatch([gauge(name, point, point)]),
      metricBatch([gauge(name, { ...point, attributes: { pool: 'b' } })]),
      metricBatch([gauge(name, { ...point, attributes: { pool: 'a', more: '' } })]),
      metricBatch([gauge(name, { ...point, startTimeUnixNano: NANOS - 2n })]),
      metricBatch([gauge(name, { ...point, timeUnixNano: NANOS + 1n })]),
      metricBatch([{ ...gauge(name, point), unit: 's' }]),
      metricBatch([gauge(name, point)], { service: 'other' }),
      metricBatch([gauge(name, point)], { tenant: 'other' }),
      metricBatch([{ name, sum: { dataPoints: [point] } }]),
    ];
    await store(db, telemetry, 'MetricBatch', others);
    expect((await values(name)).length).toBe(8);
    expect((await rowsOf('otel_metrics_sum', name)).length).toBe(1);
  });

  test('the order of attributes and the description do not matter', async () => {
    const attributes = { b: 1, a: 2 };
    await store(db, telemetry, 'MetricBatch', [
      metricBatch([gauge('order', { ...at, attributes, asInt: 1n })]),
      metricBatch([
        { ...gauge('order', { ...at, attributes: { a: 2, b: 1 }, asInt: 2n }), description: 'new' },
      ]),
    ]);
    expect(await values('order')).toEqual([2]);
  });

  test('a point without a time has that of its arrival', async () => {
    await store(db, telemetry, 'MetricBatch', [metricBatch([gauge('timeless', { asInt: 1n })])]);
    await store(db, telemetry, 'MetricBatch', [
      metricBatch([gauge('timeless', { asInt: 2n })], { receivedAt: RECEIVED_AT + 1 }),
    ]);
    expect(await rowsOf('otel_metrics_gauge', 'timeless', 'TimeUnix, StartTimeUnix')).toEqual([
      { TimeUnix: '2023-11-14 22:13:20.500000000', StartTimeUnix: '1970-01-01 00:00:00.000000000' },
      { TimeUnix: '2023-11-14 22:13:20.501000000', StartTimeUnix: '1970-01-01 00:00:00.000000000' },
    ]);
  });

  test('hostile times neither fail the insert nor make a partition each', async () => {
    const wild = Array.from({ length: 300 }, (_, i) => ({
      timeUnixNano: BigInt(i + 1) * (2n ** 64n / 301n),
    }));
    await store(db, telemetry, 'MetricBatch', [metricBatch([gauge('wild', ...wild)])]);
    const rows = await db.clickhouse.query(
      `SELECT uniqExact(_partition_id) AS partitions, count() AS n FROM ${db.database}.otel_metrics_gauge FINAL
       WHERE MetricName = 'wild'`,
    );
    // Those past 2262 are stored as the greatest time, and so as one.
    expect(rows).toEqual([{ partitions: '1', n: '151' }]);
  });
});

test('what the Collector’s documentation asks of otel_metrics_sum', async () => {
  const point = { attributes: { service_name: 'featureflagservice' }, timeUnixNano: NANOS, asInt: 5n };
  await store(db, telemetry, 'MetricBatch', [
    metricBatch([
      { name: 'calls', sum: { dataPoints: [point, { ...point, attributes: {} }], isMonotonic: true } },
    ]),
  ]);
  const select = 'select TimeUnix,MetricName,Attributes,Value from otel_metrics_sum';
  expect((await db.clickhouse.query(`${select} where MetricName='calls' limit 100`)).length).toBe(2);
  expect(
    await db.clickhouse.query(
      `${select} where MetricName='calls' and Attributes['service_name']='featureflagservice' limit 100`,
    ),
  ).toEqual([
    {
      TimeUnix: '2023-11-14 22:13:20.123456789',
      MetricName: 'calls',
      Attributes: { service_name: 'featureflagservice' },
      Value: 5,
    },
  ]);
});

test.each(EXPORTER)('%s: rows older than the time to live go', async (table) => {
  const old = `${db.database}.${table}_old`;
  await db.clickhouse.command(`CREATE TABLE ${old} AS ${db.database}.${table}`);
  await db.clickhouse.command(
    `ALTER TABLE ${old} MODIFY TTL toDateTime(least(toUnixTimestamp(StoredAt) + 1 * 86400, 4294967295))`,
  );
  await db.clickhouse.command(
    `INSERT INTO ${old} (MetricName, StoredAt) VALUES ('aged', toDateTime('1970-01-02')), ('fresh', now())`,
  );
  await db.clickhouse.command(`OPTIMIZE TABLE ${old} FINAL`);
  expect(await db.clickhouse.query(`SELECT MetricName FROM ${old}`)).toEqual([{ MetricName: 'fresh' }]);
});
