/** User SQL on the engine: each evasion is blocked, each bomb is ended, each legitimate line runs. */
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClickHouse } from './client.ts';
import type { ClickHouse } from './port.ts';
import { guardSql } from './sql-guard.ts';
import { type TestClickHouse, testClickHouse } from './testing/engine.ts';
import { BOMBS, EVASIONS, type Line } from './testing/evasions.ts';
import { LEGITIMATE } from './testing/legitimate.ts';
import { DEFAULT_LIMITS, runUserSql, type UserSqlLimits } from './user-sql.ts';

let server: TestClickHouse;
let ch: ClickHouse;
let db: string;

beforeAll(async () => {
  server = await testClickHouse();
  db = server.database;
  ch = connectClickHouse({ url: server.url, database: db });
  await ch.command(`CREATE TABLE spans (
    TraceId String, SpanName LowCardinality(String), ServiceName LowCardinality(String), Timestamp DateTime64(9),
    Duration UInt64, SpanAttributes Map(LowCardinality(String), String), Tags Array(String)
  ) ENGINE = MergeTree ORDER BY TraceId`);
  await ch.command(`INSERT INTO spans SELECT hex(number), concat('op-', number % 3), 'svc',
    toDateTime64('2026-01-01 00:00:00', 9) + number, number * 1e6, map('k', toString(number)), ['a', 'b'] FROM numbers(100)`);
  await ch.command('CREATE TABLE findings (TraceId String, Kind String) ENGINE = MergeTree ORDER BY TraceId');
  await ch.command('CREATE VIEW slow AS SELECT * FROM spans WHERE Duration > 5e7');
});
afterAll(async () => {
  await ch.close();
  await server.stop();
});

const run = (sql: string, limits?: UserSqlLimits) =>
  runUserSql(ch, { sql, database: db, format: 'JSONEachRow' }, limits);

/** Beside the corpora (testing/), what is no line. */
const BLOCKED: readonly Line[] = [
  ['nothing', ''],
  ['a comment', '-- SELECT 1'],
  ['a semicolon', ';'],
  ['too much', `SELECT ${'1 + '.repeat(30_000)} 1`],
  ['too deep in parentheses', `SELECT ${'('.repeat(3000)}1${')'.repeat(3000)}`],
  ['too deep in arrays', `SELECT ${'['.repeat(3000)}1${']'.repeat(3000)}`],
  ['too deep in functions', `SELECT ${'abs('.repeat(3000)}1${')'.repeat(3000)}`],
  ['too deep in subqueries', `${'SELECT * FROM ('.repeat(1000)}SELECT 1${')'.repeat(1000)}`],
  ['too deep in lambdas', `SELECT ${'arrayMap(x -> '.repeat(1000)}1${', [1])'.repeat(1000)}`],
  ['too deep in comments', `SELECT ${'/*'.repeat(3000)}`],
  ...EVASIONS,
];
const ALLOWED = LEGITIMATE;

const inDatabase = (sql: string) => sql.replaceAll('{db}', db);

describe('blocked', () => {
  it.each(BLOCKED)('%s', async (_what, sql) => {
    const verdict = await guardSql(ch, inDatabase(sql), db);
    expect(verdict).toMatchObject({ ok: false, reason: expect.stringMatching(/\S{2}/) });
    expect(await run(inDatabase(sql))).toEqual(verdict);
  });

  it('left everything as it was', async () => {
    expect(await ch.query('SELECT count() AS c FROM spans')).toEqual([{ c: '100' }]);
    expect((await ch.query('SHOW TABLES')).map((row) => row.name)).toEqual(['findings', 'slow', 'spans']);
  });
});

describe('allowed', () => {
  it.each(ALLOWED)('%s', async (_what, sql) => {
    const result = await run(inDatabase(sql));
    expect(result).toMatchObject({ ok: true });
    if (result.ok) expect(await text(result.body)).not.toContain('__exception__');
  });
});

describe('reasons', () => {
  it.each([
    ["SELECT file('x')", 'the function file is not allowed'],
    ["SELECT * FROM url('x')", 'the table function url is not allowed'],
    ['SELECT * FROM system.users', /^the table system\.users is not one of the database test_/],
    ['SELECT 1 SETTINGS max_threads = 1', 'SETTINGS are not allowed: the limits are fixed'],
    ['SELECT 1 FORMAT CSV', 'INTO OUTFILE, FORMAT and SETTINGS are not allowed'],
    ['DROP TABLE spans', 'only SELECT, EXPLAIN, DESCRIBE, SHOW and EXISTS are allowed, not DROP'],
    ['SELECT * APPLY(file) FROM spans', 'APPLY is not allowed: name the columns'],
    ['SELECT 1 +', /^ClickHouse 62: Syntax error/],
  ])('%s', async (sql, reason) => {
    const expected = typeof reason === 'string' ? reason : expect.stringMatching(reason);
    expect(await guardSql(ch, sql, db)).toEqual({ ok: false, reason: expected });
  });
});

describe('limits', () => {
  const limited = (change: Partial<UserSqlLimits>) => ({ ...DEFAULT_LIMITS, ...change });

  it.each([
    ['time', 'SELECT count() FROM numbers(1e13)', { seconds: 1 }, 159],
    ['rows', 'SELECT * FROM numbers(1000)', { resultRows: 10 }, 396],
    ['bytes', 'SELECT repeat(toString(number), 1000) FROM numbers(1000)', { resultBytes: 10_000 }, 396],
    ['memory', 'SELECT uniqExact(number) FROM numbers(10000000)', { memoryBytes: 20 << 20 }, 241],
  ])('of %s', async (_what, sql, change, code) => {
    await expect(run(sql, limited(change))).rejects.toMatchObject({ code });
  });

  const short = limited({ seconds: 2, memoryBytes: 64 << 20 });
  /** Of time, memory, size, rows, depth: never what is wrong with the statement. */
  const LIMITS = [69, 128, 131, 158, 159, 160, 190, 241, 243, 306, 307, 396];
  it.each(BOMBS)('end what has no end: %s', async (_what, sql) => {
    expect(await guardSql(ch, sql, db)).toEqual({ ok: true });
    await expect(run(sql, short)).rejects.toMatchObject({ code: expect.toBeOneOf(LIMITS) });
  });

  it('may end a result instead', async () => {
    const result = await run(
      'SELECT number FROM numbers(1000000)',
      limited({ resultRows: 10, overflow: 'break' }),
    );
    if (!result.ok) throw new Error(result.reason);
    expect((await text(result.body)).trim().split('\n').length).toBeLessThan(200_000);
  });

  it('hold without the guard: the engine itself refuses to write or to change settings', async () => {
    const settings = { readonly: 1 };
    await expect(ch.query('SELECT 1 SETTINGS max_threads = 3', { settings })).rejects.toMatchObject({
      code: 164,
    });
    await expect(ch.command('DROP TABLE spans', { settings })).rejects.toMatchObject({ code: 164 });
  });
});

describe('answers', () => {
  it.each([
    ['JSON', 'application/json; charset=UTF-8'],
    ['CSVWithNames', /^text\/csv; charset=UTF-8/],
    ['JSONEachRow', 'application/x-ndjson; charset=UTF-8'],
  ] as const)('%s', async (format, contentType) => {
    const result = await runUserSql(ch, { sql: 'SELECT 1 AS a', database: db, format });
    if (!result.ok) throw new Error(result.reason);
    expect(result.contentType).toMatch(contentType);
    expect(await text(result.body)).toContain('a');
  });
});
