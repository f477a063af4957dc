import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PathShare, TraceSummary } from '#schemas/events.ts';
import { traces } from '../projections/traces.ts';
import { hex, startDatabase, store, type TestDatabase, traceSummary } from '../testing.ts';
import type { Api } from './deps.ts';
import { apiOver, get, NOW } from './testing.ts';

let db: TestDatabase;
let api: Api;

const DAY = 86_400_000;
const T = NOW - 600_000;

const share = (operation: string, pathMs: number, given: Partial<PathShare> = {}): PathShare => ({
  ...{ type: 'self', role: 'tool', service: 'tools', agent: 'tools', operation, instance: '' },
  ...{ callerService: '', callerOperation: '', spans: 1, errors: 0 },
  ...{ pathNs: pathMs * 1e6, dragNs: pathMs * 1e6 },
  ...given,
});
const trace = (id: number, shares: PathShare[], given: Partial<TraceSummary> = {}, atMs = T) =>
  traceSummary({
    traceId: hex(id, 32),
    startUnixNano: BigInt(atMs) * 1_000_000n,
    source: { partition: 0, offset: id, sequence: 0, clock: atMs + 500 },
    shares,
    ...given,
  });

const first = trace(1, [
  share('search', 60, { instance: 'a', dragNs: 20e6, spans: 2, errors: 1 }),
  share('search', 20, { instance: 'b', dragNs: 10e6 }),
  share('search', 10, { type: 'edge', callerService: 'shop', callerOperation: 'plan' }),
  share('approve', 10, { type: 'idle', role: 'human' }),
]);
const second = trace(2, [share('search', 40, { instance: 'b' }), share('rank', 60, { instance: 'a' })]);

beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db);
  // Rows that stand there twice, and a revision that the next one replaces.
  await store(db, traces, 'TraceSummary', [
    trace(1, [share('wrong', 900)], { revision: 1 }),
    second,
    trace(3, [share('yesterday', 5)], {}, T - DAY),
    trace(4, [share('foreign', 5)], { tenant: 'other' }),
    trace(5, [share('open end', 5)], { partial: true }),
    trace(6, [], { rootOperation: 'old' }),
    trace(7, [share('other root', 5)], { rootOperation: 'other', rootService: 'market' }),
  ]);
  await store(db, traces, 'TraceSummary', [{ ...first, revision: 2 }, second]);
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

const ask = async (query: string) => {
  const { status, body } = await get(api, `/v1/critical-path${query}`);
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
};

describe('GET /v1/critical-path', () => {
  test('each owner with its part of the path, of the newest revision of each trace once', async () => {
    const body = await ask('?operation=plan trip&service=shop');
    expect(body).toMatchObject({ traces: 2, withoutPath: 0, totalMs: 200, meanMs: 100, rest: null });
    expect(body.shares[0]).toEqual({
      ...{ type: 'self', role: 'tool', service: 'tools', agent: 'tools', operation: 'search' },
      ...{ callerService: '', callerOperation: '', instance: '', traces: 2, spans: 4, errors: 1 },
      ...{ totalMs: 120, meanMs: 60, share: 0.6, p50Ms: 60, p95Ms: 78, dragMs: 70, savingMs: 35 },
    });
    expect(body.shares.slice(1)).toMatchObject([
      { operation: 'rank', traces: 1, meanMs: 30, share: 0.3, p50Ms: 60 },
      { type: 'edge', callerService: 'shop', callerOperation: 'plan', operation: 'search', share: 0.05 },
      { type: 'idle', role: 'human', operation: 'approve', share: 0.05 },
    ]);
  });

  test('by instance', async () => {
    const { shares } = await ask('?operation=plan trip&by=instance');
    const rows = shares.map((row: Record<string, unknown>) => [row.operation, row.instance, row.totalMs]);
    expect(rows.slice(0, 3)).toEqual([
      ['rank', 'a', 60],
      ['search', 'a', 60],
      ['search', 'b', 60],
    ]);
  });

  test('only traces whose path runs over an instance', async () => {
    await store(db, traces, 'TraceSummary', [
      trace(8, [share('x', 7, { instance: 'lonely' }), share('y', 1)]),
    ]);
    const body = await ask('?instance=lonely');
    expect([body.traces, body.totalMs, body.shares.length]).toEqual([1, 8, 2]);
  });

  test.each([1, 2, 3, 500])(
    'with limit %i what is left out is summed, and the shares sum to one',
    async (limit) => {
      const all = await ask('?operation=plan trip&service=shop&limit=500');
      const { shares, rest } = await ask(`?operation=plan trip&service=shop&limit=${limit}`);
      expect(shares).toEqual(all.shares.slice(0, limit));
      const sum = (key: 'share' | 'totalMs' | 'spans') =>
        [...shares, rest ?? { share: 0, totalMs: 0, spans: 0 }].reduce((total, row) => total + row[key], 0);
      expect(sum('share')).toBeCloseTo(1, 12);
      expect(sum('totalMs')).toBeCloseTo(all.totalMs, 9);
      expect([shares.length + (rest?.shares ?? 0), sum('spans')]).toEqual([
        all.shares.length,
        all.shares.reduce((total: number, row: { spans: number }) => total + row.spans, 0),
      ]);
    },
  );

  test('a trace without a path is counted as that', async () => {
    expect(await ask('?operation=old')).toMatchObject({ traces: 0, withoutPath: 1, shares: [], totalMs: 0 });
  });

  test('nothing there', async () => {
    expect(await ask('?operation=none')).toMatchObject({
      ...{ traces: 0, totalMs: 0, meanMs: 0, p50Ms: 0, p95Ms: 0, shares: [], rest: null },
    });
  });

  test.each([
    [`?from=${T}&to=${T}`, 'from: must be before to'],
    [`?from=0&to=${T}`, 'from: at most 31 days before to'],
  ])('%s', async (query, message) => {
    expect((await get(api, `/v1/critical-path${query}`)).body).toEqual({
      error: { code: 'bad_request', message },
    });
  });
});

describe('ati_critical_path', () => {
  test('a row for each trace and share, none of them twice', async () => {
    const rows = await db.clickhouse.query(
      `SELECT TraceId, Operation, Instance, PathNs FROM ${db.database}.ati_critical_path
       WHERE TenantId = 'default' AND RootOperation = 'plan trip' AND RootService = 'shop' AND NOT Partial
         AND TraceId <= '${hex(2, 32)}' ORDER BY TraceId, Type DESC, PathNs DESC`,
    );
    expect(rows.map((row) => Object.values(row as object).slice(1))).toEqual([
      ['search', 'a', '60000000'],
      ['search', 'b', '20000000'],
      ['approve', '', '10000000'],
      ['search', '', '10000000'],
      ['rank', 'a', '60000000'],
      ['search', 'b', '40000000'],
    ]);
  });

  test('days outside the range of Start are not read', async () => {
    const lines = await db.clickhouse.query<{ explain: string }>(
      `EXPLAIN indexes = 1 SELECT Operation, sum(PathNs) FROM ${db.database}.ati_critical_path
       WHERE Start >= fromUnixTimestamp64Milli(${T - DAY}) AND Start < fromUnixTimestamp64Milli(${T - DAY / 2})
       GROUP BY Operation`,
    );
    const parts = lines.map(({ explain }) => /Parts: (\d+)\/(\d+)/.exec(explain)).find((found) => found);
    expect(Number(parts?.[1])).toBe(1);
    expect(Number(parts?.[2])).toBeGreaterThan(2);
  });
});
