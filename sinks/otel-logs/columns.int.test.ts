import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OtlpLogRecord } from '#schemas/otlp/write-logs.ts';
import { telemetry } from '../projections/telemetry.ts';
import { hex, startDatabase, store, type TestDatabase } from '../testing.ts';
import { logBatch, NANOS, RECEIVED_AT } from '../testing-telemetry.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await startDatabase();
});
afterAll(() => db?.stop());

const MAP = 'Map(LowCardinality(String), String)';

/** The table of the Collector's ClickHouse exporter, column by column. */
const EXPORTER = {
  Timestamp: 'DateTime64(9)',
  TimestampTime: 'DateTime',
  TraceId: 'String',
  SpanId: 'String',
  TraceFlags: 'UInt8',
  SeverityText: 'LowCardinality(String)',
  SeverityNumber: 'UInt8',
  ServiceName: 'LowCardinality(String)',
  Body: 'String',
  ResourceSchemaUrl: 'LowCardinality(String)',
  ResourceAttributes: MAP,
  ScopeSchemaUrl: 'LowCardinality(String)',
  ScopeName: 'String',
  ScopeVersion: 'LowCardinality(String)',
  ScopeAttributes: MAP,
  LogAttributes: MAP,
  EventName: 'String',
};

test('the table has the columns of the Collector’s exporter, in its order, then ours', async () => {
  const rows = await db.clickhouse.query<{ name: string; type: string }>(
    'SELECT name, type FROM system.columns WHERE database = {db:String} AND table = {table:String} ORDER BY position',
    { params: { db: db.database, table: 'otel_logs' } },
  );
  const theirs = Object.entries(EXPORTER);
  expect(rows.slice(0, theirs.length).map(({ name, type }) => [name, type])).toEqual(theirs);
  expect(rows.slice(theirs.length).map(({ name }) => name)).toEqual([
    'TenantId',
    'ReceivedAt',
    'LogId',
    'StoredAt',
  ]);
});

const rowsOf = (text: string, columns: string) =>
  db.clickhouse.query(
    `SELECT ${columns} FROM ${db.database}.otel_logs FINAL WHERE SeverityText = {text:String} ORDER BY Timestamp, LogId`,
    { params: { text } },
  );
const put = (...batches: ReturnType<typeof logBatch>[]) => store(db, telemetry, 'LogBatch', batches);

test('every column, as the engine reads it', async () => {
  await put(
    logBatch([
      {
        timeUnixNano: NANOS,
        observedTimeUnixNano: NANOS + 5n,
        severityNumber: 17,
        severityText: 'ERROR “é”',
        body: { kvlist: { b: 1, a: ['x', null] } },
        attributes: [
          ['n', 7],
          ['n', 8],
          ['big', -(2n ** 63n)],
        ],
        flags: 0x1_01,
        traceId: hex(3, 32),
        spanId: hex(4, 16),
        eventName: 'queue.full',
      },
    ]),
  );
  expect(await rowsOf('ERROR “é”', '* EXCEPT StoredAt')).toEqual([
    {
      Timestamp: '2023-11-14 22:13:20.123456789',
      TimestampTime: '2023-11-14 22:13:20',
      TraceId: hex(3, 32),
      SpanId: hex(4, 16),
      TraceFlags: 1,
      SeverityText: 'ERROR “é”',
      SeverityNumber: 17,
      ServiceName: 'shop',
      Body: '{"a":["x",null],"b":1}',
      ResourceSchemaUrl: 'resource-schema',
      ResourceAttributes: { 'service.name': 'shop', 'host.name': 'box' },
      ScopeSchemaUrl: 'scope-schema',
      ScopeName: 'meter',
      ScopeVersion: '1.2',
      ScopeAttributes: { build: '7' },
      LogAttributes: { n: '7', big: '-9223372036854775808' },
      EventName: 'queue.full',
      TenantId: 'default',
      ReceivedAt: '2023-11-14 22:13:20.500',
      LogId: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
  ]);
});

test.each<[string, OtlpLogRecord, string]>([
  ['its own', { timeUnixNano: NANOS, observedTimeUnixNano: NANOS + 9n }, '2023-11-14 22:13:20.123456789'],
  [
    'without one: when it was observed',
    { observedTimeUnixNano: NANOS + 9n },
    '2023-11-14 22:13:20.123456798',
  ],
  ['with neither: its arrival', {}, '2023-11-14 22:13:20.500000000'],
  ['past 2262: the greatest', { timeUnixNano: 2n ** 64n - 1n }, '2262-04-11 23:47:16.854775807'],
])('the time of a record: %s', async (severityText, record, expected) => {
  await put(logBatch([{ ...record, severityText }]));
  expect(await rowsOf(severityText, 'Timestamp')).toEqual([{ Timestamp: expected }]);
});

test('ids of zeros or of a wrong size are none, a severity beyond a byte is none', async () => {
  const text = 'odd';
  await put(
    logBatch([
      { severityText: text, traceId: Buffer.alloc(16), spanId: Buffer.alloc(8), severityNumber: 300 },
      { severityText: text, traceId: Buffer.alloc(15, 1), spanId: Buffer.alloc(9, 1) },
    ]),
  );
  const none = { TraceId: '', SpanId: '', SeverityNumber: 0 };
  expect(await rowsOf(text, 'TraceId, SpanId, SeverityNumber')).toEqual([none, none]);
});

describe('a record is itself by its bytes, its resource and its place among equal ones', () => {
  const record = (severityText: string, n = 0): OtlpLogRecord => ({
    timeUnixNano: NANOS,
    severityText,
    attributes: { n },
  });
  const count = async (text: string) => (await rowsOf(text, 'LogId')).length;

  test('equal records of one export all stay; delivered again, they are still as many', async () => {
    const batch = logBatch([record('equal'), record('equal', 1), record('equal'), record('equal')]);
    await put(batch);
    expect(await count('equal')).toBe(4);
    // Read again after a crash, in an insert with others, and exported again later by a client that saw no answer.
    await put(logBatch([record('another')]), batch, { ...batch, receivedAt: RECEIVED_AT + 1 });
    expect(await count('equal')).toBe(4);
  });

  test('another observed time, body, service, tenant or time of arrival without any other is another record', async () => {
    const base = record('others');
    await put(
      logBatch([base]),
      logBatch([{ ...base, observedTimeUnixNano: NANOS }]),
      logBatch([{ ...base, body: 'x' }]),
      logBatch([base], { service: 'other' }),
      logBatch([base], { tenant: 'other' }),
    );
    expect(await count('others')).toBe(5);
    const timeless = { severityText: 'timeless' };
    await put(logBatch([timeless]), logBatch([timeless], { receivedAt: RECEIVED_AT + 1 }));
    expect(await count('timeless')).toBe(2);
  });
});

test('hostile times neither fail the insert nor make a partition each', async () => {
  const wild = Array.from({ length: 300 }, (_, i) => ({
    severityText: 'wild',
    timeUnixNano: BigInt(i + 1) * (2n ** 64n / 301n),
  }));
  await put(logBatch(wild));
  const rows = await db.clickhouse.query(
    `SELECT count() AS n, uniqExact(_partition_id) AS partitions FROM ${db.database}.otel_logs FINAL
     WHERE SeverityText = 'wild'`,
  );
  expect(rows).toEqual([{ n: '300', partitions: '1' }]);
});

test('rows older than the time to live go', async () => {
  const old = `${db.database}.otel_logs_old`;
  await db.clickhouse.command(`CREATE TABLE ${old} AS ${db.database}.otel_logs`);
  await db.clickhouse.command(
    `ALTER TABLE ${old} MODIFY TTL toDateTime(least(toUnixTimestamp(StoredAt) + 1 * 86400, 4294967295))`,
  );
  await db.clickhouse.command(
    `INSERT INTO ${old} (EventName, LogId, StoredAt) VALUES ('aged', '1', toDateTime('1970-01-02')), ('fresh', '2', now())`,
  );
  await db.clickhouse.command(`OPTIMIZE TABLE ${old} FINAL`);
  expect(await db.clickhouse.query(`SELECT EventName FROM ${old}`)).toEqual([{ EventName: 'fresh' }]);
});

describe('what the Collector’s documentation asks of otel_logs', () => {
  const recent = `toStartOfFiveMinutes(Timestamp) >= toStartOfFiveMinutes(NOW() - INTERVAL 1 HOUR)
    AND Timestamp >= NOW() - INTERVAL 1 HOUR`;
  const newest = 'ORDER BY (toStartOfFiveMinutes(Timestamp), Timestamp) DESC LIMIT 100';
  const body = '{"path":"/http/get http","bytes":2048}';

  beforeAll(async () => {
    const now = BigInt(Date.now()) * 1_000_000n;
    const record = {
      timeUnixNano: now - 60_000_000_000n,
      severityText: 'INFO',
      attributes: { container_name: '/example_flog_1' },
      body,
    };
    const old = { ...record, timeUnixNano: now - 7_200_000_000_000n };
    await put(logBatch([record, old], { service: 'clickhouse-exporter', receivedAt: Date.now() }));
  });

  test('severities over time', async () => {
    const rows = await db.clickhouse.query(`
      SELECT toDateTime(toStartOfInterval(Timestamp, INTERVAL 60 second)) as time, SeverityText, count() as count
      FROM otel_logs
      WHERE ${recent}
      GROUP BY SeverityText, time
      ORDER BY time;`);
    expect(rows).toEqual([{ time: expect.any(String), SeverityText: 'INFO', count: '1' }]);
  });

  test.each([
    ['any', 'true'],
    ['service', "ServiceName = 'clickhouse-exporter'"],
    ['attribute', "LogAttributes['container_name'] = '/example_flog_1'"],
    ['token of the body', "hasToken(Body, 'http')"],
    ['part of the body', "Body like '%http%'"],
    ['regular expression', "match(Body, 'http')"],
    ['JSON', "JSONExtractFloat(Body, 'bytes') > 1000"],
    ['up to 0.150: TimestampTime', 'TimestampTime >= NOW() - INTERVAL 1 HOUR'],
  ])('by %s', async (_by, condition) => {
    const sql = `SELECT Timestamp as log_time, Body FROM otel_logs WHERE ${condition} AND ${recent} ${newest}`;
    expect(await db.clickhouse.query(sql)).toEqual([{ log_time: expect.any(String), Body: body }]);
  });
});
