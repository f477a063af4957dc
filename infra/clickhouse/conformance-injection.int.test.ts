/** Rows are data: no format lets an insert's body run as SQL (the engine alone would run what stands behind a blank line). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { post, type TestClickHouse, testClickHouse } from './testing/engine.ts';

let ch: TestClickHouse;
beforeAll(async () => {
  ch = await testClickHouse();
});
afterAll(() => ch.stop());

const run = (query: string) => ch.client().command({ query });

beforeEach(async () => {
  await run('CREATE OR REPLACE TABLE target (k String) ENGINE = MergeTree ORDER BY k');
  await run('CREATE OR REPLACE TABLE victim (k String) ENGINE = MergeTree ORDER BY k');
  await run("INSERT INTO victim VALUES ('alive')");
});

async function intact(): Promise<void> {
  const tables = await ch.client().query({
    query:
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%' ORDER BY name",
    format: 'JSONCompactEachRow',
  });
  expect(await tables.json()).toEqual([['target'], ['victim']]);
  const rows = await ch.client().query({ query: 'SELECT k FROM victim', format: 'JSONCompactEachRow' });
  expect(await rows.json()).toEqual([['alive']]);
}

const SQL = ['DROP TABLE victim', 'CREATE TABLE evil (a UInt8) ENGINE = Memory', 'TRUNCATE TABLE victim'];
const JOINTS = ['\n\n', '\n\n\n', ';', ';\n', '\n;\n\n', '\r\n\r\n', "'); ", '"}; ', '\n\n;', '\0\n\n'];
const FORMATS: Record<string, string> = {
  JSONEachRow: '{"k":"a"}',
  JSONCompactEachRow: '["a"]',
  JSONStringsEachRow: '{"k":"a"}',
  JSON: '{"data":[{"k":"a"}]}',
  CSV: '"a"',
  CSVWithNames: '"k"\n"a"',
  TabSeparated: 'a',
  TSVWithNames: 'k\na',
  Values: "('a')",
  TSKV: 'k=a',
  LineAsString: 'a',
  RowBinary: '\x01a',
  RawBLOB: 'a',
};

describe.each(Object.entries(FORMATS))('%s', (format, row) => {
  it('with SQL behind every kind of end of the rows', async () => {
    for (const joint of JOINTS)
      for (const sql of SQL)
        for (const query of [`INSERT INTO target FORMAT ${format}`, undefined]) {
          const rows = `${row}${joint}${sql}`;
          const params = { database: ch.database, ...(query === undefined ? {} : { query }) };
          // Stored as text or refused as malformed, but never run.
          await post(
            ch.url,
            params,
            query === undefined ? `INSERT INTO target FORMAT ${format}\n${rows}` : rows,
          );
        }
    await intact();
  });
});

describe('the head of an insert', () => {
  it.each([
    ['a second statement before the rows', 'INSERT INTO target FORMAT CSV; DROP TABLE victim', 'a\n'],
    ['a second statement instead of the rows', 'INSERT INTO target SELECT 1; DROP TABLE victim', ''],
    ['a second statement behind a blank line', 'INSERT INTO target VALUES\n\nDROP TABLE victim', ''],
    ['in the body of a SELECT', 'SELECT 1', '; DROP TABLE victim'],
    ['in the body of INSERT … SELECT', 'INSERT INTO target SELECT 1', '; DROP TABLE victim'],
    [
      'through input()',
      "INSERT INTO target SELECT * FROM input('k String') FORMAT CSV",
      'a\n\nDROP TABLE victim',
    ],
    ['an INSERT to explain', 'EXPLAIN AST INSERT INTO target FORMAT CSV', 'a\n\nDROP TABLE victim'],
    ['an INSERT in a CTE', 'WITH 1 AS x INSERT INTO target FORMAT CSV', 'a\n\nDROP TABLE victim'],
    ['an INSERT in parentheses', '(INSERT INTO target FORMAT CSV)', 'a\n\nDROP TABLE victim'],
    [
      'behind a settings clause',
      'INSERT INTO target SETTINGS max_threads = 1 FORMAT CSV',
      'a\n\nDROP TABLE victim',
    ],
    ['a table named TABLE', 'INSERT INTO TABLE (k) FORMAT CSV', 'a\n\nDROP TABLE victim'],
    [
      'an INSERT into a function',
      "INSERT INTO FUNCTION null('k String') FORMAT CSV",
      'a\n\nDROP TABLE victim',
    ],
    ['an INSERT behind a semicolon', '; INSERT INTO target FORMAT CSV', 'a\n\nDROP TABLE victim'],
    ['an INSERT behind a hash comment', '#! x\nINSERT INTO target FORMAT CSV', 'a\n\nDROP TABLE victim'],
  ])('%s', async (_what, query, body) => {
    await post(ch.url, { database: ch.database, query }, body);
    await post(ch.url, { database: ch.database }, `${query}\n${body}`);
    await intact();
  });

  it('cannot name a file', async () => {
    const query = "INSERT INTO target FROM INFILE '/etc/hostname' FORMAT LineAsString";
    expect((await post(ch.url, { database: ch.database, query })).status).toBeGreaterThanOrEqual(400);
    const rows = await ch.client().query({ query: 'SELECT count() AS c FROM target', format: 'JSONEachRow' });
    expect(Number((await rows.json<{ c: string }>())[0].c)).toBe(0);
  });
});

describe('parameters and settings', () => {
  it.each([
    ["a parameter's value", { query: 'SELECT {a:String}', param_a: "'; DROP TABLE victim; --" }],
    ["a setting's value", { query: 'SELECT 1', max_threads: "1'; DROP TABLE victim; --" }],
    ["a setting's name", { query: 'SELECT 1', 'max_threads = 1; DROP TABLE victim; SET x': '1' }],
    ["a parameter's name", { query: 'SELECT 1', "param_a = 'x'; DROP TABLE victim; SET y": '1' }],
    ['the database', { query: 'SELECT 1', database: '`; DROP TABLE victim; --' }],
    ['the query id', { query: 'SELECT 1', query_id: "'; DROP TABLE victim; --" }],
    ['the session', { query: 'SELECT 1', session_id: "'; DROP TABLE victim; --" }],
    ['the format', { query: 'SELECT 1', default_format: 'CSV; DROP TABLE victim' }],
    ['the comment', { query: 'SELECT 1', log_comment: "'; DROP TABLE victim; --" }],
  ])('%s is text', async (_what, params) => {
    await post(ch.url, { database: ch.database, ...params });
    await intact();
  });
});
