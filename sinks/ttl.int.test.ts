import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#infra/testing/until.ts';
import { startDatabase, type TestDatabase } from './testing.ts';
import { alignTtl } from './ttl.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await startDatabase();
});
afterAll(() => db?.stop());

/** Every table with a TTL, and its days. */
async function ttls(): Promise<Record<string, string>> {
  const rows = await db.clickhouse.query<{ name: string; days: string }>(
    `SELECT name, extract(create_table_query, '(\\\\d+) \\\\* 86400') AS days FROM system.tables
     WHERE database = {database:String} AND create_table_query LIKE '%TTL%'`,
    { params: { database: db.database } },
  );
  return Object.fromEntries(rows.map(({ name, days }) => [name, days]));
}

test('every table gets the days of the configuration; nothing to do is nothing done', async () => {
  const tables = Object.keys(await ttls());
  expect(tables).toContain('otel_traces');
  const changed = await alignTtl(db.clickhouse, db.database, 7);
  expect(changed.map(({ table }) => table).sort()).toEqual(tables.sort());
  expect(changed[0].fromDays).toBe(36_500);
  expect(new Set(Object.values(await ttls()))).toEqual(new Set(['7']));
  expect(await alignTtl(db.clickhouse, db.database, 7)).toEqual([]);
});

test('rows that are past the shorter TTL go; every table that keeps rows has one', async () => {
  const insert = (id: string, days: number) =>
    db.clickhouse.command(
      `INSERT INTO ati_incident_events (IncidentId, StoredAt) SELECT '${id}', now() - INTERVAL ${days} DAY`,
    );
  await alignTtl(db.clickhouse, db.database, 30);
  await insert('old', 10);
  await insert('new', 1);
  await alignTtl(db.clickhouse, db.database, 5);
  await db.clickhouse.command('OPTIMIZE TABLE ati_incident_events FINAL');
  await until('the old row is gone', async () => {
    const rows = await db.clickhouse.query<{ id: string }>(
      'SELECT IncidentId AS id FROM ati_incident_events',
    );
    return rows.length === 1 && rows[0].id === 'new';
  });
  const without = await db.clickhouse.query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree'
     AND create_table_query NOT LIKE '%TTL%' AND name != 'ati_migrations'`,
    { params: { database: db.database } },
  );
  expect(without).toEqual([]);
});
