import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectClickHouse } from './client.ts';
import { ensureMigrated, migrate } from './migrate.ts';
import type { ClickHouse } from './port.ts';
import { type TestClickHouse, testClickHouse } from './testing/engine.ts';

let server: TestClickHouse;
let ch: ClickHouse;
let directory: string;
let count = 0;
let values: { database: string; ttlDays: number };

beforeAll(async () => {
  server = await testClickHouse();
  ch = connectClickHouse({ url: server.url });
});
afterAll(async () => {
  await ch.close();
  await server.stop();
});
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'ati-migrations-'));
  values = { database: `${server.database}_${count++}`, ttlDays: 7 };
  await file(
    '0001-first.sql',
    'CREATE TABLE IF NOT EXISTS {database}.a (x UInt8, t DateTime)\n  ENGINE = MergeTree ORDER BY x TTL t + toIntervalDay({ttlDays});\n',
  );
  await file(
    '0002-second.sql',
    "CREATE TABLE IF NOT EXISTS b (x String DEFAULT ';\n') ENGINE = MergeTree ORDER BY x;\nCREATE TABLE IF NOT EXISTS c (x UInt8) ENGINE = MergeTree ORDER BY x;\n",
  );
  return async () => {
    await ch.command(`DROP DATABASE IF EXISTS ${values.database} SYNC`);
    await rm(directory, { recursive: true, force: true });
  };
});

const file = (name: string, sql: string) => writeFile(path.join(directory, name), sql);
const tables = async () => {
  const rows = await ch.query<{ name: string }>(
    'SELECT name FROM system.tables WHERE database = {d:String} ORDER BY name',
    {
      params: { d: values.database },
    },
  );
  return rows.map(({ name }) => name);
};

describe('migrate', () => {
  it('creates the database, applies each file once and in order, with its values filled in', async () => {
    expect((await migrate(ch, directory, values)).applied).toEqual(['0001-first.sql', '0002-second.sql']);
    expect(await tables()).toEqual(['a', 'ati_migrations', 'b', 'c']);
    const sql = `SELECT create_table_query AS q FROM system.tables WHERE database = '${values.database}' AND name = 'a'`;
    expect((await ch.query<{ q: string }>(sql))[0].q).toContain('toIntervalDay(7)');
    expect((await migrate(ch, directory, values)).applied).toEqual([]);
    await file('0003-third.sql', 'CREATE TABLE d (x UInt8) ENGINE = MergeTree ORDER BY x');
    expect((await migrate(ch, directory, values)).applied).toEqual(['0003-third.sql']);
  });

  it('only tells what it would do in a dry run', async () => {
    const { applied, statements } = await migrate(ch, directory, { ...values, dryRun: true });
    expect(applied).toEqual(['0001-first.sql', '0002-second.sql']);
    expect(statements).toHaveLength(3);
    expect(statements[0]).toContain(`${values.database}.a`);
    expect(await tables()).toEqual([]);
  });

  it('goes on where a failure stopped it', async () => {
    await file(
      '0002-second.sql',
      'CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x;\nNONSENSE;\n',
    );
    await expect(migrate(ch, directory, values)).rejects.toThrow(
      /^migration 0002-second\.sql: ClickHouse 62/,
    );
    await file('0002-second.sql', 'CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x;\n');
    expect((await migrate(ch, directory, values)).applied).toEqual(['0002-second.sql']);
  });

  it('works for two processes at once', async () => {
    const other = connectClickHouse({ url: server.url });
    await Promise.all([migrate(ch, directory, values), migrate(other, directory, values)]);
    await other.close();
    await ensureMigrated(ch, directory, values);
    expect(await tables()).toEqual(['a', 'ati_migrations', 'b', 'c']);
  });

  it.each([
    ['a file that has changed', () => file('0001-first.sql', 'SELECT 1'), /0001-first\.sql has changed/],
    [
      'an applied file that is gone',
      () => rm(path.join(directory, '0002-second.sql')),
      /0002-second\.sql .* is gone/,
    ],
    ['a gap', () => file('0004-fourth.sql', 'SELECT 1'), /0004-fourth\.sql: expected number 0003/],
    [
      'a number twice',
      () => cp(path.join(directory, '0002-second.sql'), path.join(directory, '0002-third.sql')),
      /0002-third\.sql: expected number 0003/,
    ],
    ['a name that is none', () => file('3-third.sql', 'SELECT 1'), /3-third\.sql: the name must be like/],
  ])('refuses %s', async (_what, change, message) => {
    await migrate(ch, directory, values);
    await change();
    await expect(migrate(ch, directory, values)).rejects.toThrow(message);
    await expect(ensureMigrated(ch, directory, values)).rejects.toThrow(message);
  });

  it('refuses a hole in what has been applied', async () => {
    await migrate(ch, directory, values);
    await ch.command(
      `ALTER TABLE ${values.database}.ati_migrations DELETE WHERE number = 1 SETTINGS mutations_sync = 1`,
    );
    await expect(migrate(ch, directory, values)).rejects.toThrow(
      /0001-first\.sql has not been applied but 0002-second\.sql has/,
    );
  });
});

describe('ensureMigrated', () => {
  it('refuses a database that is behind, and names the files', async () => {
    await expect(ensureMigrated(ch, directory, values)).rejects.toThrow(
      /is behind: .*0001-first\.sql, 0002-second\.sql/,
    );
    await migrate(ch, directory, values);
    await ensureMigrated(ch, directory, values);
    await file('0003-third.sql', 'SELECT 1');
    await expect(ensureMigrated(ch, directory, values)).rejects.toThrow(/\(0003-third\.sql\)/);
  });
});
