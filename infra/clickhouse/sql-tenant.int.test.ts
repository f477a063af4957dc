/** SQL by tenants: the same statement over mixed rows and over the tenant's alone gives the same bytes. */
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { connectClickHouse } from './client.ts';
import { type ClickHouse, ClickHouseError } from './port.ts';
import { tenantDatabase } from './sql-tenant.ts';
import { type TestClickHouse, testClickHouse } from './testing/engine.ts';
import { runUserSql } from './user-sql.ts';

let server: TestClickHouse;
let ch: ClickHouse;
/** Rows of the tenants a and b in the same parts; and those of a alone. */
let mixed: string;
let alone: string;

const FOREIGN = 'SECRET';

/** Of every third row the tenant is a; what b has makes expressions fail that are well with what a has. */
async function fill(database: string, only: string): Promise<void> {
  const settings = { database };
  await ch.command(`CREATE DATABASE IF NOT EXISTS ${database}`, { settings: { database: 'default' } });
  await ch.command(
    `CREATE TABLE spans (TenantId LowCardinality(String), TraceId String, Name LowCardinality(String), Note String,
       Duration UInt64, At DateTime64(9), Attributes Map(LowCardinality(String), String), Revision UInt32,
       INDEX notes Note TYPE bloom_filter GRANULARITY 1, INDEX durations Duration TYPE minmax GRANULARITY 1)
     ENGINE = ReplacingMergeTree(Revision) PARTITION BY toDate(At) ORDER BY (Name, toDateTime(At), TenantId, TraceId)
     SETTINGS index_granularity = 64`,
    { settings },
  );
  await ch.command(
    `CREATE TABLE events (TenantId LowCardinality(String), Id String, Revision UInt32, Name LowCardinality(String),
       Note String, Duration UInt64) ENGINE = ReplacingMergeTree ORDER BY (TenantId, Id, Revision)`,
    { settings },
  );
  await ch.command(
    `CREATE VIEW latest AS SELECT upper(Note) AS Loud, * FROM ${database}.events ORDER BY Revision DESC LIMIT 1 BY TenantId, Id`,
    { settings },
  );
  await ch.command('CREATE VIEW bare AS SELECT Note FROM events', { settings });
  await ch.command(`CREATE VIEW elsewhere AS SELECT name AS TenantId FROM system.tables`, { settings });
  await ch.command('CREATE TABLE plain (Note String) ENGINE = MergeTree ORDER BY Note', { settings });
  await ch.command(`INSERT INTO plain VALUES ('${FOREIGN}')`, { settings });
  const value = (own: string) => `if(t = 'a', '${own}', '${FOREIGN}')`;
  const rows = `(SELECT number, if(number % 3 = 0, 'a', 'b') AS t FROM numbers(3000)) ${only}`;
  for (const revision of [1, 2]) {
    await ch.command(
      `INSERT INTO spans SELECT t, toString(number), if(t = 'a', toString(number % 50), concat('${FOREIGN}', toString(number % 50))), ${value('12')},
         if(t = 'a', 1000 + number % 10, 666), toDateTime64('2026-01-01 00:00:00', 9) + number, map('k', ${value('1')}), ${revision}
       FROM ${rows}`,
      { settings },
    );
    await ch.command(
      `INSERT INTO events SELECT t, toString(number % 30), ${revision}, ${value('7')}, ${value('1')}, if(t = 'a', 1, 666) FROM ${rows}`,
      { settings },
    );
  }
}

beforeAll(async () => {
  server = await testClickHouse();
  mixed = server.database;
  alone = `${server.database}_alone`;
  ch = connectClickHouse({ url: server.url, database: mixed });
  await fill(mixed, '');
  await fill(alone, "WHERE t = 'a'");
});
afterAll(async () => {
  for (const database of [`${mixed}_by_tenant`, alone, `${alone}_by_tenant`])
    await ch.command(`DROP DATABASE IF EXISTS ${database}`);
  await ch.close();
  await server.stop();
});

async function run(database: string, sql: string, tenant = 'a'): Promise<string> {
  try {
    const result = await runUserSql(ch, { sql, database, tenant, format: 'JSON' });
    return result.ok ? await text(result.body) : `refused: ${result.reason}`;
  } catch (error) {
    if (error instanceof ClickHouseError) return `failed: ${error.message}`;
    throw error;
  }
}
const neutral = (answer: string) =>
  answer
    .replaceAll(alone, mixed)
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'uuid')
    .replace(/COMMENT \S+/, '');

/** Well on the rows of a; on those of b an error, or more memory than there is. */
const EXPRESSIONS = [
  'toUInt8(Note) > 0',
  'toUInt8(Name) >= 0',
  'CAST(Name AS UInt8) >= 0',
  'Note::UInt8 >= 0',
  "CAST(Note, 'Enum8(''12'' = 1, ''1'' = 2)') = 'x' OR Duration > 0",
  'intDiv(1, Duration - 666) = 0 OR Duration > 0',
  'modulo(1, Duration - 666) = 0 OR Duration > 0',
  'if(Duration = 666, toUInt8(Note), 1) > 0',
  "if(startsWith(Name, 'S'), intDiv(1, Duration - 666), 1) >= 0",
  'toFixedString(Note, 2) != toFixedString(Note, 2) OR Duration > 0',
  "length(repeat('x', if(Duration = 666, 1000000000, 1))) > 0",
  "match('x', if(Duration = 666, '(', 'x')) = 1",
  'notEmpty(arrayResize([1], if(Duration = 666, 10000000000, 1)))',
];
const FEW = [0, 1, 5, 7].map((i) => EXPRESSIONS[i]);
/** Where an expression may stand. */
const SHAPES: readonly ((t: string, e: string) => string)[] = [
  (t, e) => `SELECT count() FROM ${t} WHERE ${e}`,
  (t, e) => `SELECT count() FROM ${t} WHERE (${e}) AND TenantId != 'zz'`,
  (t, e) => `SELECT countIf(${e}) FROM ${t}`,
  (t, e) => `SELECT sum(x) FROM (SELECT (${e}) AS x FROM ${t})`,
  (t, e) => `SELECT count() FROM (SELECT * FROM ${t}) WHERE ${e}`,
  (t, e) => `WITH c AS (SELECT * FROM ${t}) SELECT count() FROM c AS a WHERE ${e}`,
  (t, e) => `SELECT count() FROM ${t} GROUP BY ${e}`,
  (t, e) => `SELECT count() FROM ${t} HAVING countIf(${e}) > 0`,
  (t, e) => `SELECT x, count() FROM ${t} ARRAY JOIN [${e}] AS x GROUP BY x`,
  (t, e) => `SELECT 1 FROM ${t} QUALIFY ${e} LIMIT 1`,
  (t, e) => `SELECT 1 FROM ${t} ORDER BY ${e} LIMIT 1`,
  (t, e) => `SELECT 1 FROM ${t} LIMIT 1 BY ${e}`,
  (t, e) => `SELECT 1 IN (SELECT (${e}) FROM ${t})`,
  (t, e) => `SELECT count() FROM ${t} AS l JOIN (SELECT 1 AS one) AS r ON (${e}) = r.one`,
  (t, e) => `SELECT count() FROM (SELECT 1 AS one) AS l LEFT JOIN ${t} AS r ON l.one = (${e})`,
  (t, e) => `SELECT count() FROM (SELECT * FROM ${t} UNION ALL SELECT * FROM ${t}) WHERE ${e}`,
  (t, e) => `SELECT max(r) FROM (SELECT row_number() OVER (PARTITION BY ${e}) AS r FROM ${t})`,
];

describe('what fails on the rows of others only', () => {
  const both = async (sql: string) => {
    const [over, without] = [await run(mixed, sql), await run(alone, sql)];
    expect([sql, neutral(over)]).toEqual([sql, neutral(without)]);
    expect(over).not.toContain(FOREIGN);
    return over;
  };

  describe.each(['spans', 'spans FINAL', 'latest'])('%s', (table) => {
    it.each(EXPRESSIONS)('%s', async (expression) => {
      expect(await both(SHAPES[0](table, expression))).not.toMatch(/^(failed|refused)/);
    });

    it.each(SHAPES.map((shape) => shape(table, 'E')))('%s', async (shape) => {
      const at = SHAPES.findIndex((each) => each(table, 'E') === shape);
      for (const expression of FEW) await both(SHAPES[at](table, expression));
    });
  });

  test('these would tell: without the views they fail on such rows', async () => {
    for (const expression of EXPRESSIONS) {
      const settings = { max_memory_usage: 512 << 20 };
      const sql = `SELECT countIf(${expression}) FROM ${mixed}.spans`;
      await expect(ch.query(sql, { settings }), expression).rejects.toBeInstanceOf(ClickHouseError);
    }
  });

  test('additional_table_filters would tell too: why there are views', async () => {
    const settings = { additional_table_filters: `{'${mixed}.events': 'TenantId = \\'a\\''}` };
    const rows = await ch.query('SELECT uniq(TenantId) AS tenants FROM events', { settings });
    expect(rows).toEqual([{ tenants: '1' }]);
    await expect(
      ch.query('SELECT count() FROM events WHERE toUInt8(Note) > 0', { settings }),
    ).rejects.toThrow(FOREIGN);
  });
});

describe('rows', () => {
  it.each([
    ['count once, with FINAL or without', 'SELECT count() AS n FROM spans', '"n":"1000"'],
    ['count once, with FINAL', 'SELECT count() AS n FROM spans FINAL', '"n":"1000"'],
    ['are of one tenant', 'SELECT groupUniqArray(TenantId) AS t FROM spans', '"t":["a"]'],
    ['are of one tenant behind a view', 'SELECT groupUniqArray(TenantId) AS t FROM latest', '"t":["a"]'],
    [
      'a name that shadows',
      "SELECT count() AS n FROM (SELECT 'a' AS TenantId, Note FROM spans)",
      '"n":"1000"',
    ],
    ['a CTE that shadows', "WITH 'b' AS TenantId SELECT count() AS n FROM spans", '"n":"1000"'],
    ['a CTE named like a table', 'WITH spans AS (SELECT 1 AS x) SELECT count() AS n FROM spans', '"n":"1"'],
    ['min and max', 'SELECT max(Duration) AS m, min(Name) AS n FROM spans', '"m":"1009"'],
    ['IN a table', "SELECT ('b','0','1','7','1','1') IN events AS x", /"x":0|failed/],
  ])('%s', async (_what, sql, shown) => {
    const answer = (await run(mixed, sql)).replace(/\s/g, '');
    expect(answer).toMatch(typeof shown === 'string' ? new RegExp(shown.replace(/[[\]]/g, '\\$&')) : shown);
    expect(answer).not.toContain(FOREIGN);
  });

  it.each([
    ['a tenant without any', 'nobody'],
    ['the empty name', ''],
    ['a name with a quote', "x' OR '1'='1"],
    ['a name with a backslash', "a\\' OR 1 --"],
  ])('%s sees none', async (_what, tenant) => {
    for (const table of ['spans', 'latest'])
      expect(JSON.parse(await run(mixed, `SELECT * FROM ${table}`, tenant)).rows).toBe(0);
  });

  test('conditions that were remembered for one tenant leave out nothing of another', async () => {
    const sql = "SELECT count() AS n FROM spans WHERE Note = '12'";
    for (const tenant of ['b', 'a', 'b', 'a'])
      expect(JSON.parse(await run(mixed, sql, tenant)).data).toEqual([{ n: tenant === 'a' ? '1000' : '0' }]);
  });
});

describe('what is not there', () => {
  it.each([
    'SELECT * FROM {db}.spans',
    'SELECT * FROM `{db}`.`spans`',
    'SELECT * FROM plain',
    'SELECT * FROM bare',
    'SELECT * FROM elsewhere',
    "SELECT 'x' IN {db}.plain",
    "SELECT 'x' IN plain",
    'SELECT _part FROM spans',
    'SELECT _partition_id FROM spans',
    'SELECT count() FROM spans PREWHERE toUInt8(Note) > 0',
    'EXPLAIN SELECT count() FROM spans',
    'EXPLAIN PLAN indexes = 1 SELECT count() FROM spans',
    'EXPLAIN ESTIMATE SELECT count() FROM spans',
    'EXPLAIN PIPELINE SELECT count() FROM spans',
    'DESCRIBE TABLE {db}.spans',
    'SHOW CREATE TABLE {db}.spans',
    "SELECT getSetting('insert_deduplication_token')",
    "SELECT count() FROM spans SETTINGS insert_deduplication_token = 'b'",
    'SELECT count() FROM spans SETTINGS readonly = 0',
  ])('%s', async (sql) => {
    const answer = await run(mixed, sql.replaceAll('{db}', mixed));
    expect(answer).toMatch(/^(refused|failed): /);
    expect(answer).not.toContain(FOREIGN);
  });

  test('SHOW TABLES shows what can be read; answers have no statistics', async () => {
    const answer = JSON.parse(await run(mixed, 'SHOW TABLES'));
    expect(answer.data.map(({ name }: { name: string }) => name)).toEqual(['events', 'latest', 'spans']);
    expect(answer).not.toHaveProperty('statistics');
  });
});

test('a table that gets a column shows it; one that is gone is gone; twice at once is once', async () => {
  // Another connection: what this one knows is young.
  const other = () => connectClickHouse({ url: server.url, database: alone });
  const [first, second, third] = [other(), other(), other()];
  try {
    await ch.command(`ALTER TABLE ${alone}.spans ADD COLUMN Extra UInt8 DEFAULT 5`);
    await ch.command(`DROP TABLE ${alone}.latest`);
    const views = await Promise.all([tenantDatabase(first, alone), tenantDatabase(second, alone)]);
    expect(views).toEqual([`${alone}_by_tenant`, `${alone}_by_tenant`]);
    const sql = 'SELECT any(Extra) AS e FROM spans';
    const result = await runUserSql(third, { sql, database: alone, tenant: 'a', format: 'JSONEachRow' });
    expect(result.ok && (await text(result.body))).toBe('{"e":5}\n');
    expect(await ch.query(`SHOW TABLES FROM ${alone}_by_tenant`)).toEqual([
      { name: 'events' },
      { name: 'spans' },
    ]);
  } finally {
    await Promise.all([first, second, third].map((each) => each.close()));
  }
});
