import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spans } from '../projections/spans.ts';
import { traces } from '../projections/traces.ts';
import {
  finding,
  hex,
  insight,
  spanBatch,
  startDatabase,
  store,
  type TestDatabase,
  traceSummary,
} from '../testing.ts';
import type { Api } from './deps.ts';
import { apiOver, get } from './testing.ts';

let db: TestDatabase;
let api: Api;

const T = 1_700_000_000_000;
const nanos = (ms: number) => BigInt(ms) * 1_000_000n;
const plain = traceSummary({ traceId: hex(1, 32), startUnixNano: nanos(T), durationNs: 100_000_000 });
const failing = traceSummary({
  traceId: hex(2, 32),
  startUnixNano: nanos(T + 1000) + 5n,
  durationNs: 3_000_000_000,
  rootAgent: 'buyer',
  rootOperation: 'buy',
  rootService: 'market',
  findings: [finding(), finding({ kind: 'blocking_chain', incidentId: hex(5, 32), root: false })],
  insights: [
    insight(),
    insight({
      kind: 'payload',
      found: false,
      answer: 'Not payload-bound: all 5 have one size.',
      timeline: [],
    }),
    insight({ kind: 'critical_path', evidence: [{ name: 'slack_total', value: Number.NaN, unit: 'ms' }] }),
  ],
});
const insightsFound = [
  ...failing.insights.slice(0, 2),
  { ...failing.insights[2], evidence: [{ name: 'slack_total', value: null, unit: 'ms' }] },
];
const big = traceSummary({ traceId: hex(3, 32), startUnixNano: nanos(T + 2000), durationNs: 2 ** 53 - 2 });

beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db);
  await store(db, traces, 'TraceSummary', [
    { ...failing, revision: 1, findings: [], insights: [] },
    plain,
    big,
  ]);
  await store(db, traces, 'TraceSummary', [{ ...failing, revision: 2 }, plain]);
  await store(db, traces, 'TraceSummary', [{ ...failing, revision: 1, findings: [], insights: [] }]);
  await store(db, traces, 'TraceSummary', [traceSummary({ traceId: hex(4, 32), tenant: 'other' })]);
  const span = (id: number, ms: number, more = {}) => ({
    traceId: failing.traceId,
    spanId: hex(id, 16),
    name: `step ${id}`,
    startTimeUnixNano: nanos(ms),
    endTimeUnixNano: nanos(ms) + 7n,
    ...more,
  });
  const first = span(1, T + 1000, { events: [{ name: 'retry', timeUnixNano: 9n, attributes: { n: 1 } }] });
  const second = span(2, T + 1500, {
    parentSpanId: hex(1, 16),
    links: [{ traceId: plain.traceId, spanId: hex(8, 16) }],
  });
  await store(db, spans, 'SpanBatch', [spanBatch([second, first]), spanBatch([first])]);
  // A trace that is still open, and the other tenant's half of a known one.
  const open = { ...span(3, T), traceId: hex(6, 32) };
  const foreign = spanBatch([{ ...first, spanId: hex(99, 16) }], { tenant: 'other' });
  await store(db, spans, 'SpanBatch', [spanBatch([open]), foreign]);
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

const ids = async (query: string) => {
  const { status, body } = await get(api, `/v1/traces${query}`);
  expect([status, body.error]).toEqual([200, undefined]);
  return body.traces.map((trace: { traceId: string }) => Number.parseInt(trace.traceId, 16));
};

describe('list', () => {
  test.each([
    ['', [3, 2, 1]],
    ['?agent=buyer', [2]],
    ['?operation=buy&service=market', [2]],
    ['?service=buy', []],
    ['?minDurationMs=100', [3, 2, 1]],
    ['?minDurationMs=100.001', [3, 2]],
    ['?findings=true', [2]],
    ['?findings=false', [3, 1]],
    ['?kind=blocking_chain', [2]],
    ['?kind=starvation', []],
    [`?from=${T + 1000}&to=${T + 2000}`, [2]],
    [`?to=${T + 1000}`, [1]],
  ])('%s', async (query, expected) => {
    expect(await ids(query)).toEqual(expected);
  });

  test('a line has the newest revision, exact times and what was found', async () => {
    const { body } = await get(api, '/v1/traces?agent=buyer');
    expect(body.traces).toEqual([
      {
        traceId: failing.traceId,
        revision: 2,
        partial: false,
        rootService: 'market',
        rootAgent: 'buyer',
        rootOperation: 'buy',
        start: '2023-11-14T22:13:21.000Z',
        startUnixNano: '1700000001000000005',
        durationMs: 3000,
        spanCount: 2,
        errorCount: 1,
        findings: [
          { kind: 'retry_storm', severity: 'warning', root: true, incidentId: hex(1, 32) },
          { kind: 'blocking_chain', severity: 'warning', root: false, incidentId: hex(5, 32) },
        ],
      },
    ]);
  });

  test('pages', async () => {
    const first = await get(api, '/v1/traces?limit=2');
    expect(first.body.traces.length).toBe(2);
    const second = await get(api, `/v1/traces?limit=2&cursor=${first.body.next}`);
    expect(second.body.traces.map(({ traceId }: { traceId: string }) => traceId)).toEqual([plain.traceId]);
    expect(second.body.next).toBeNull();
  });
});

describe('one', () => {
  test('summary, graph, path, findings, and each span once', async () => {
    const { status, body } = await get(api, `/v1/traces/${failing.traceId.toUpperCase()}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      closed: true,
      truncated: false,
      summary: { revision: 2, rootAgent: 'buyer' },
      nodes: failing.nodes,
      edges: failing.edges,
      criticalPath: failing.path,
      shares: failing.shares,
      findings: failing.findings.map(({ explains: _, ...finding }) => finding),
      insights: insightsFound,
      resources: [{ 'service.name': 'shop', 'host.name': 'box' }],
    });
    expect(body.spans.map(({ spanId }: { spanId: string }) => spanId)).toEqual([hex(1, 16), hex(2, 16)]);
    expect(body.spans[0]).toEqual({
      spanId: hex(1, 16),
      parentSpanId: '',
      name: 'step 1',
      kind: 'Unspecified',
      service: 'shop',
      start: '2023-11-14T22:13:21.000Z',
      startUnixNano: '1700000001000000000',
      durationNs: 7,
      status: 'Unset',
      statusMessage: '',
      scope: 'test',
      attributes: {},
      resource: 0,
      events: [{ timeUnixNano: '9', name: 'retry', attributes: { n: '1' } }],
      links: [],
    });
    expect(body.spans[1].links).toEqual([{ traceId: plain.traceId, spanId: hex(8, 16), attributes: {} }]);
  });

  test('no more spans than were asked for, and it says so', async () => {
    const { body } = await get(api, `/v1/traces/${failing.traceId}?spans=1`);
    expect([body.spans.length, body.truncated]).toEqual([1, true]);
    const none = await get(api, `/v1/traces/${failing.traceId}?spans=0`);
    expect([none.body.spans.length, none.body.truncated]).toEqual([0, true]);
  });

  test('a trace that has not closed yet has its spans only', async () => {
    const { body } = await get(api, `/v1/traces/${hex(6, 32)}`);
    expect(body).toMatchObject({
      closed: false,
      summary: null,
      findings: [],
      insights: [],
      criticalPath: [],
      shares: [],
    });
    expect(body.spans.length).toBe(1);
  });

  test.each([hex(7, 32), hex(4, 32)])('no trace %s', async (id) => {
    expect(await get(api, `/v1/traces/${id}`)).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', message: `no trace ${id}` } },
    });
  });

  test('spans are found by the trace’s time and index, not by reading everything', async () => {
    const sql = `EXPLAIN indexes = 1 SELECT SpanId FROM ${db.database}.otel_traces FINAL
      WHERE TenantId = 'default' AND TraceId = '${failing.traceId}'
      AND Timestamp >= fromUnixTimestamp64Nano(1700000000000000000)
      AND Timestamp <= fromUnixTimestamp64Nano(1700000010000000000)`;
    const lines = (await db.clickhouse.query<{ explain: string }>(sql)).map(({ explain }) => explain.trim());
    expect(lines).toContain('Name: idx_trace_id');
    expect(lines).toContain('Timestamp');
  });
});

describe('insights', () => {
  const insightsOf = (id: string) => get(api, `/v1/traces/${id}/insights`);

  test('of the newest revision, in their order; a number that is none is null', async () => {
    expect(await insightsOf(failing.traceId.toUpperCase())).toMatchObject({
      status: 200,
      body: { traceId: failing.traceId, closed: true, durationMs: 3000, insights: insightsFound },
    });
  });

  test('a closed trace that raises no question', async () => {
    expect((await insightsOf(plain.traceId)).body).toEqual({
      traceId: plain.traceId,
      closed: true,
      durationMs: 100,
      insights: [],
    });
  });

  test('a trace that has not closed yet', async () => {
    expect((await insightsOf(hex(6, 32))).body).toEqual({
      traceId: hex(6, 32),
      closed: false,
      durationMs: null,
      insights: [],
    });
  });

  test.each([hex(7, 32), hex(4, 32)])('no trace %s', async (id) => {
    expect(await insightsOf(id)).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', message: `no trace ${id}` } },
    });
  });

  test('an id that is none', async () => {
    expect(await insightsOf('abc')).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', message: 'id: must be 32 hex digits' } },
    });
  });
});

describe('operations', () => {
  test('count, errors and latency by bucket', async () => {
    const id = (n: number) => ({ traceId: hex(0x500 + n, 32), spanId: hex(n, 16) });
    const calls = Array.from({ length: 100 }, (_, i) => ({
      ...id(i + 1),
      name: 'search',
      startTimeUnixNano: nanos(T + 60_000 + (i < 50 ? 0 : 10_000)),
      endTimeUnixNano: nanos(T + 60_000 + (i < 50 ? 0 : 10_000) + i + 1),
      status: { code: i < 10 ? 2 : 0 },
    }));
    await store(db, spans, 'SpanBatch', [spanBatch(calls, { service: 'tools' })]);
    await store(db, spans, 'SpanBatch', [spanBatch(calls, { service: 'tools' })]);
    const { status, body } = await get(
      api,
      `/v1/operations?service=tools&from=${T + 60_000}&to=${T + 120_000}&stepSeconds=10`,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ from: '2023-11-14T22:14:20.000Z', stepSeconds: 10 });
    const [{ buckets, ...total }] = body.operations;
    expect(total).toMatchObject({
      service: 'tools',
      operation: 'search',
      count: 100,
      errors: 10,
      errorRate: 0.1,
    });
    expect(total.p50Ms).toBeCloseTo(50.5, 3);
    expect(total.p99Ms).toBeCloseTo(99.01, 3);
    expect(buckets).toEqual([
      expect.objectContaining({
        startMs: T + 60_000,
        start: '2023-11-14T22:14:20.000Z',
        count: 50,
        errorRate: 0.2,
      }),
      expect.objectContaining({ startMs: T + 70_000, count: 50, errors: 0 }),
    ]);
  });

  test('the last hour unless told otherwise', async () => {
    const { body } = await get(api, '/v1/operations');
    expect([body.from, body.to, body.stepSeconds]).toEqual([
      '2023-11-14T21:23:20.000Z',
      '2023-11-14T22:23:20.000Z',
      60,
    ]);
    expect(body.operations.length).toBeGreaterThan(2);
  });

  test.each([
    [`?from=${T}&to=${T}`, 'from: must be before to'],
    [`?from=0&to=${T}`, 'from: at most 31 days before to'],
    [`?from=${T - 3_600_000}&to=${T}&stepSeconds=1`, 'stepSeconds: more than 1000 buckets'],
  ])('%s', async (query, message) => {
    expect((await get(api, `/v1/operations${query}`)).body).toEqual({
      error: { code: 'bad_request', message },
    });
  });
});
