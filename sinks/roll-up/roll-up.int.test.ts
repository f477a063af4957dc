import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from '../api/deps.ts';
import { apiOver, get } from '../api/testing.ts';
import { deleteRows } from '../delete/rows.ts';
import { spans } from '../projections/spans.ts';
import { hex, spanBatch, startDatabase, store, type TestDatabase } from '../testing.ts';
import { markAll, markOldDay } from './marks.ts';
import { rollUp } from './roll-up.ts';
import { SLOT_MS } from './slots.ts';

const DAY_MS = 86_400_000;
/** A day's start, so that buckets of slots begin with it. */
const T = Date.UTC(2023, 10, 14);
const STEP = 1_440;
const SHOPS = ['shop', 'market'] as const;

interface Call {
  readonly service: (typeof SHOPS)[number];
  readonly name: string;
  readonly id: number;
  readonly at: number;
  readonly ms: number;
  readonly failed: boolean;
}

const made = (count: number, first: number, firstMs: number, withinMs: number): Call[] =>
  Array.from({ length: count }, (_, i) => {
    const id = first + i;
    return {
      service: SHOPS[id % 2],
      name: `call ${id % 3}`,
      id,
      at: firstMs + Math.floor((i * withinMs) / count),
      ms: 5 + ((id * 7_919) % 400),
      failed: id % 5 === 0,
    };
  });

let db: TestDatabase;
let api: Api;
let known: Call[] = [];

beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db);
  await send(made(2_000, 1, T + 1_234, DAY_MS - 2_000));
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

const nanos = (ms: number) => BigInt(ms) * 1_000_000n;
/** A trace each. */
const traceOf = (id: number) => hex(id, 32);

/** As the sink stores them; delivered again they are not counted again. */
async function send(calls: readonly Call[], { again = false, tenant = 'default' } = {}): Promise<void> {
  for (const service of SHOPS) {
    const batch = calls
      .filter((call) => call.service === service)
      .map(({ id, name, at, ms, failed }) => ({
        traceId: traceOf(id),
        spanId: hex(id, 16),
        name,
        startTimeUnixNano: nanos(at),
        endTimeUnixNano: nanos(at + ms),
        status: { code: failed ? 2 : 0 },
      }));
    await store(db, spans, 'SpanBatch', [spanBatch(batch, { service, tenant, receivedAt: T + DAY_MS / 2 })]);
  }
  if (!again && tenant === 'default') known = [...known, ...calls];
}

const roll = (more: { minRows?: number; minSlots?: number; quietSeconds?: number } = {}) =>
  rollUp({
    clickhouse: db.clickhouse,
    database: db.database,
    ...{ quietSeconds: 0, minRows: 0, minSlots: 0 },
    ...more,
    signal: new AbortController().signal,
  });

/** Slots whose rollup is right as it is. */
async function rolledUp(): Promise<number> {
  const rows = await db.clickhouse.query(
    `SELECT Slot FROM ati_operation_marks WHERE TenantId = 'default' GROUP BY Slot HAVING sum(Rows) = max(RolledUp)`,
  );
  return rows.length;
}

interface Measures {
  readonly count: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Answer {
  readonly operations: readonly (Measures & {
    readonly service: string;
    readonly operation: string;
    readonly buckets: readonly (Measures & { readonly startMs: number })[];
  })[];
}

/** Looks at every operation and bucket of the answer; returns the number of spans in it. */
async function check(from: number, to: number): Promise<number> {
  const { status, body } = await get(api, `/v1/operations?from=${from}&to=${to}&stepSeconds=${STEP}`);
  expect(status, JSON.stringify(body)).toBe(200);
  const inside = known.filter(({ at }) => at >= from && at < to);
  const wanted = Map.groupBy(inside, ({ service, name }) => `${service} ${name}`);
  const { operations } = body as Answer;
  expect(operations.map(({ service, operation }) => `${service} ${operation}`).toSorted()).toEqual(
    [...wanted.keys()].toSorted(),
  );
  const same = (found: Measures, calls: readonly Call[]) => {
    expect([found.count, found.errors]).toEqual([calls.length, calls.filter(({ failed }) => failed).length]);
    const sorted = calls.map(({ ms }) => ms).toSorted((a, b) => a - b);
    for (const [value, level] of [
      [found.p50Ms, 0.5],
      [found.p99Ms, 0.99],
    ]) {
      // Between the two values beside the rank, and 1 % for the sketch.
      const rank = level * (sorted.length - 1);
      expect(value).toBeGreaterThanOrEqual(sorted[Math.floor(rank)] * 0.989);
      expect(value).toBeLessThanOrEqual(sorted[Math.ceil(rank)] * 1.011);
    }
  };
  for (const { service, operation, buckets, ...all } of operations) {
    const calls = wanted.get(`${service} ${operation}`)!;
    same(all, calls);
    const byBucket = Map.groupBy(calls, ({ at }) => Math.floor(at / (STEP * 1_000)) * STEP * 1_000);
    expect(buckets.map(({ startMs }) => startMs)).toEqual([...byBucket.keys()].toSorted((a, b) => a - b));
    for (const bucket of buckets) same(bucket, byBucket.get(bucket.startMs)!);
  }
  return inside.length;
}

/** Ranges whose ends are slots' and ones whose ends are not. */
async function checkAll(): Promise<void> {
  await check(T, T + DAY_MS);
  await check(T + 1, T + DAY_MS - 1);
  await check(T + 5_000_123, T + 61_000_007);
  await check(T + 2 * SLOT_MS, T + 3 * SLOT_MS);
}

describe('in the course of a day', () => {
  test('nothing is rolled up while there is little of it, or while it is written to', async () => {
    expect(await roll({ minRows: 100_000, minSlots: 1_000 })).toBe(0);
    expect(await roll({ quietSeconds: 3_600 })).toBe(0);
    expect(await rolledUp()).toBe(0);
    await checkAll();
  });

  test('rolled up, the answer is the same', async () => {
    expect(await roll()).toBe(120);
    expect(await rolledUp()).toBe(120);
    expect(await roll()).toBe(0);
    await checkAll();
    const [row] = await db.clickhouse.query('SELECT toString(sum(Spans)) AS n FROM ati_operations FINAL');
    expect(row).toEqual({ n: '2000' });
  });

  test('the default step of a day is of whole slots', async () => {
    const { body } = await get(api, `/v1/operations?from=${T}&to=${T + DAY_MS}`);
    expect(body.stepSeconds).toBe(1_440);
    const longer = await get(api, `/v1/operations?from=${T}&to=${T + DAY_MS + 3_600_000}`);
    expect(longer.body.stepSeconds).toBe(2_160);
  });

  test('spans delivered again count once, before and after the slot is rolled up again', async () => {
    await send(known.slice(500, 700), { again: true });
    const left = await rolledUp();
    expect(left).toBeGreaterThan(100);
    expect(left).toBeLessThan(120);
    await checkAll();
    await roll();
    expect(await rolledUp()).toBe(120);
    await checkAll();
  });

  test('late spans are in the answer at once; what was rolled up without them does not count any more', async () => {
    await send(made(40, 5_000, T + 30_000_000, 1_000_000));
    expect(await rolledUp()).toBeLessThan(120);
    await checkAll();
    await roll();
    await checkAll();
  });

  test('one that died half-way leaves rows that do not count', async () => {
    await send(made(10, 6_000, T + 40_000_000, 1_000));
    // Some of its rows are there, under the marks that are the slot's, but it was never said that all are.
    await db.clickhouse.command(
      `INSERT INTO ati_operations
       SELECT TenantId, Slot, sum(Rows), 'shop', 'call 0', 1, 0, (SELECT quantilesDDState(0.01, 0.5, 0.95, 0.99)(toUInt64(1))), now()
       FROM ati_operation_marks GROUP BY TenantId, Slot HAVING sum(Rows) != max(RolledUp)`,
    );
    await checkAll();
    await roll();
    await checkAll();
  });

  test('two at once', async () => {
    await send(made(60, 7_000, T + 50_000_000, 9_000_000));
    await Promise.all([roll(), roll(), send(made(30, 8_000, T + 52_000_000, 900_000))]);
    await checkAll();
    await roll();
    expect(await rolledUp()).toBe(120);
    await checkAll();
  });
});

describe('what else changes rows', () => {
  test('another tenant’s are its own; deleted, they are gone from everywhere', async () => {
    await send(made(100, 9_000, T, DAY_MS), { tenant: 'acme' });
    await roll();
    await checkAll();
    const tables = ['ati_operations', 'ati_operation_marks', 'otel_traces'];
    const rowsOf = async () =>
      Promise.all(
        tables.map(async (table) => {
          const [row] = await db.clickhouse.query<{ n: string }>(
            `SELECT count() AS n FROM ${table} WHERE TenantId = 'acme'`,
          );
          return Number(row.n);
        }),
      );
    expect((await rowsOf()).every((rows) => rows > 0)).toBe(true);
    await deleteRows(db.clickhouse, db.database, {
      tenant: 'acme',
      traceId: '',
      at: Date.now() + DAY_MS,
    });
    expect(await rowsOf()).toEqual([0, 0, 0]);
    expect(await rolledUp()).toBe(120);
    await checkAll();
  });

  test('a deleted trace is not counted any more', async () => {
    const [gone] = known;
    await deleteRows(db.clickhouse, db.database, {
      tenant: 'default',
      traceId: traceOf(gone.id),
      at: Date.now(),
    });
    known = known.filter((call) => call !== gone);
    expect(await rolledUp()).toBe(119);
    await checkAll();
    await roll();
    expect(await rolledUp()).toBe(120);
    await checkAll();
  });

  test('exchanged for a table that has less, as a replay does it', async () => {
    const { clickhouse, database } = db;
    await clickhouse.command(`CREATE TABLE fresh AS otel_traces`);
    await clickhouse.command(
      `INSERT INTO fresh SELECT * FROM otel_traces WHERE Timestamp < fromUnixTimestamp64Milli({to:Int64})`,
      { params: { to: T + DAY_MS / 2 } },
    );
    await clickhouse.command(`EXCHANGE TABLES otel_traces AND fresh`);
    await markAll(clickhouse, database);
    known = known.filter(({ at }) => at < T + DAY_MS / 2);
    expect(await rolledUp()).toBe(0);
    await checkAll();
    await roll();
    await checkAll();
    // The view that marks stands at the name, not at the table that had it.
    await send(made(20, 10_000, T + 3_000_000, 100_000));
    await checkAll();
    await clickhouse.command('DROP TABLE fresh SYNC');
  });

  test('spans of a version without marks are marked, a day at a time', async () => {
    const { clickhouse, database } = db;
    expect(await markOldDay(clickhouse, database)).toBeUndefined();
    await clickhouse.command('TRUNCATE TABLE ati_operation_marks');
    expect(await rolledUp()).toBe(0);
    await checkAll();
    expect(await markOldDay(clickhouse, database)).toBe('2023-11-14');
    expect(await markOldDay(clickhouse, database)).toBeUndefined();
    expect(await roll()).toBeGreaterThan(50);
    await checkAll();
  });
});
