import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spans } from '../projections/spans.ts';
import { hex, spanBatch, startDatabase, store, type TestDatabase } from '../testing.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await startDatabase();
});
afterAll(() => db?.stop());

const traceId = hex(0xfeed, 32);
const NANOS = 1_700_000_000_123_456_789n;

/** The table of the Collector's ClickHouse exporter, column by column. */
const EXPORTER = {
  Timestamp: 'DateTime64(9)',
  TraceId: 'String',
  SpanId: 'String',
  ParentSpanId: 'String',
  TraceState: 'String',
  SpanName: 'LowCardinality(String)',
  SpanKind: 'LowCardinality(String)',
  ServiceName: 'LowCardinality(String)',
  ResourceAttributes: 'Map(LowCardinality(String), String)',
  ScopeName: 'String',
  ScopeVersion: 'String',
  SpanAttributes: 'Map(LowCardinality(String), String)',
  Duration: 'UInt64',
  StatusCode: 'LowCardinality(String)',
  StatusMessage: 'String',
  'Events.Timestamp': 'Array(DateTime64(9))',
  'Events.Name': 'Array(LowCardinality(String))',
  'Events.Attributes': 'Array(Map(LowCardinality(String), String))',
  'Links.TraceId': 'Array(String)',
  'Links.SpanId': 'Array(String)',
  'Links.TraceState': 'Array(String)',
  'Links.Attributes': 'Array(Map(LowCardinality(String), String))',
};

test('the table has the columns of the Collector’s exporter, in its order, then ours', async () => {
  const rows = await db.clickhouse.query<{ name: string; type: string }>(
    'SELECT name, type FROM system.columns WHERE database = {db:String} AND table = {table:String} ORDER BY position',
    { params: { db: db.database, table: 'otel_traces' } },
  );
  const columns = rows.map(({ name, type }) => [name, type]);
  expect(columns.slice(0, Object.keys(EXPORTER).length)).toEqual(Object.entries(EXPORTER));
  expect(columns.slice(Object.keys(EXPORTER).length).map(([name]) => name)).toEqual([
    'TenantId',
    'ReceivedAt',
    'StoredAt',
  ]);
});

describe('values, as the engine reads them', () => {
  beforeAll(async () => {
    await store(db, spans, 'SpanBatch', [
      spanBatch([
        {
          traceId,
          spanId: hex(1, 16),
          parentSpanId: hex(2, 16),
          traceState: 'vendor=1',
          name: 'call “é”',
          kind: 3,
          startTimeUnixNano: NANOS,
          endTimeUnixNano: NANOS + 5n,
          attributes: [
            ['n', 7],
            ['n', 8],
            ['big', -(2n ** 63n)],
            ['d', { double: 0.1 }],
            ['b', true],
            ['list', ['a', 1, null]],
            ['map', { kvlist: { z: 1, a: 'x' } }],
          ],
          events: [{ timeUnixNano: NANOS + 1n, name: 'tick', attributes: { k: 'v' } }, { name: 'later' }],
          links: [{ traceId: hex(3, 32), spanId: hex(4, 16), traceState: 's', attributes: { l: 1 } }],
          status: { code: 2, message: 'boom' },
        },
      ]),
    ]);
  });

  test('every column', async () => {
    const rows = await db.clickhouse.query(
      `SELECT * EXCEPT StoredAt FROM ${db.database}.otel_traces WHERE TraceId = {id:String}`,
      { params: { id: traceId } },
    );
    expect(rows).toEqual([
      {
        Timestamp: '2023-11-14 22:13:20.123456789',
        TraceId: traceId,
        SpanId: hex(1, 16),
        ParentSpanId: hex(2, 16),
        TraceState: 'vendor=1',
        SpanName: 'call “é”',
        SpanKind: 'Client',
        ServiceName: 'shop',
        ResourceAttributes: { 'service.name': 'shop', 'host.name': 'box' },
        ScopeName: 'test',
        ScopeVersion: '',
        SpanAttributes: {
          n: '7',
          big: '-9223372036854775808',
          d: '0.1',
          b: 'true',
          list: '["a",1,null]',
          map: '{"a":"x","z":1}',
        },
        Duration: '5',
        StatusCode: 'Error',
        StatusMessage: 'boom',
        'Events.Timestamp': ['2023-11-14 22:13:20.123456790', '1970-01-01 00:00:00.000000000'],
        'Events.Name': ['tick', 'later'],
        'Events.Attributes': [{ k: 'v' }, {}],
        'Links.TraceId': [hex(3, 32)],
        'Links.SpanId': [hex(4, 16)],
        'Links.TraceState': ['s'],
        'Links.Attributes': [{ l: '1' }],
        TenantId: 'default',
        ReceivedAt: '2023-11-14 22:13:20.500',
      },
    ]);
  });
});

test('a span that is delivered again, also by another batch and a day later, counts once with FINAL', async () => {
  const id = hex(0xaa, 32);
  const span = {
    traceId: id,
    spanId: hex(9, 16),
    name: 'x',
    startTimeUnixNano: NANOS,
    endTimeUnixNano: NANOS + 9n,
  };
  const other = { ...span, kind: 2 };
  await store(db, spans, 'SpanBatch', [spanBatch([span, span])]);
  await store(db, spans, 'SpanBatch', [spanBatch([other]), spanBatch([span])]);
  await store(db, spans, 'SpanBatch', [spanBatch([span], { receivedAt: 1_700_000_000_500 + 90_000_000 })]);
  const count = async (final: string) => {
    const [row] = await db.clickhouse.query<{ n: string }>(
      `SELECT count() AS n FROM ${db.database}.otel_traces ${final} WHERE TraceId = {id:String}`,
      { params: { id } },
    );
    return Number(row.n);
  };
  // The server's half of the same span id (another kind) is another span.
  expect(await count('FINAL')).toBe(2);
});

test('hostile start times neither fail the insert nor make a partition each', async () => {
  const id = hex(0xbb, 32);
  const wild = Array.from({ length: 300 }, (_, i) => ({
    traceId: id,
    spanId: hex(i + 1, 16),
    startTimeUnixNano: BigInt(i) * (2n ** 64n / 300n),
  }));
  await store(db, spans, 'SpanBatch', [spanBatch(wild)]);
  const [row] = await db.clickhouse.query<{ n: string; partitions: string }>(
    `SELECT count() AS n, uniqExact(_partition_id) AS partitions FROM ${db.database}.otel_traces FINAL
     WHERE TraceId = {id:String}`,
    { params: { id } },
  );
  expect(row).toEqual({ n: '300', partitions: '1' });
});

test('a long time to live keeps rows, past what 32 bits of seconds can hold', async () => {
  const { clickhouse, database } = db;
  const id = hex(0xcc, 32);
  await store(db, spans, 'SpanBatch', [
    spanBatch([{ traceId: id, spanId: hex(1, 16), startTimeUnixNano: NANOS }]),
  ]);
  await clickhouse.command(`OPTIMIZE TABLE ${database}.otel_traces FINAL`);
  const [row] = await clickhouse.query<{ n: string }>(
    `SELECT count() AS n FROM ${database}.otel_traces WHERE TraceId = {id:String}`,
    { params: { id } },
  );
  expect(Number(row.n)).toBe(1);
});

test('rows older than the time to live go', async () => {
  const { clickhouse, database } = db;
  const id = hex(0xdd, 32);
  await clickhouse.command(
    `INSERT INTO ${database}.otel_traces (TraceId, StoredAt) SELECT {id:String}, toDateTime('1970-01-02')`,
    { params: { id } },
  );
  const old = `${database}.otel_traces_old`;
  await clickhouse.command(`CREATE TABLE ${old} AS ${database}.otel_traces`);
  await clickhouse.command(
    `ALTER TABLE ${old} MODIFY TTL toDateTime(least(toUnixTimestamp(StoredAt) + 1 * 86400, 4294967295))`,
  );
  await clickhouse.command(`INSERT INTO ${old} SELECT * FROM ${database}.otel_traces`);
  await clickhouse.command(`OPTIMIZE TABLE ${old} FINAL`);
  const [row] = await clickhouse.query<{ aged: string; fresh: string }>(
    `SELECT countIf(TraceId = {id:String}) AS aged, countIf(TraceId != {id:String}) AS fresh FROM ${old}`,
    { params: { id } },
  );
  expect(row.aged).toBe('0');
  expect(Number(row.fresh)).toBeGreaterThan(0);
});
