/** User SQL on the engine: each line of the first corpus is blocked, each of the second runs. */
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClickHouse } from './client.ts';
import type { ClickHouse } from './port.ts';
import { guardSql } from './sql-guard.ts';
import { type TestClickHouse, testClickHouse } from './testing/engine.ts';
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

const BLOCKED: readonly (readonly [string, string])[] = [
  // files and the machine
  ['scalar file()', "SELECT file('/etc/passwd')"],
  ['file() in capitals and backticks', "SELECT `file`('/etc/passwd')"],
  ['file() in double quotes', `SELECT "file"('/etc/passwd')`],
  ['file() with a comment before its parenthesis', "SELECT file/* x */('/etc/passwd')"],
  ['file() in a lambda', "SELECT arrayMap(x -> file(x), ['/etc/passwd'])"],
  ['file() in a CTE', "WITH a AS (SELECT file('/etc/passwd') AS f) SELECT f FROM a"],
  ['file() in a scalar CTE', "WITH (SELECT file('/etc/passwd')) AS f SELECT f"],
  ['file() in a subquery', "SELECT * FROM (SELECT * FROM (SELECT file('/etc/passwd')))"],
  ['file() in ORDER BY', "SELECT 1 ORDER BY file('/etc/passwd')"],
  ['file() in LIMIT', "SELECT 1 LIMIT length(file('/etc/passwd'))"],
  ['file() in HAVING', "SELECT count() FROM spans HAVING length(file('/etc/passwd')) > 0"],
  ['file() in QUALIFY', "SELECT 1 FROM spans QUALIFY length(file('/etc/passwd')) > 0"],
  ['file() in a window', "SELECT sum(1) OVER (ORDER BY file('/etc/passwd')) FROM spans"],
  [
    'file() in a named window',
    "SELECT sum(1) OVER w FROM spans WINDOW w AS (PARTITION BY file('/etc/passwd'))",
  ],
  ['file() in JOIN ON', "SELECT 1 FROM spans AS a JOIN findings AS b ON a.TraceId = file('/etc/passwd')"],
  ['file() in ARRAY JOIN', "SELECT x FROM spans ARRAY JOIN [file('/etc/passwd')] AS x"],
  ['file() in WITH FILL', "SELECT 1 AS a ORDER BY a WITH FILL FROM length(file('/etc/passwd'))"],
  [
    'file() in INTERPOLATE',
    "SELECT 1 AS a, 2 AS b ORDER BY a WITH FILL TO 5 INTERPOLATE (b AS length(file('/etc/passwd')))",
  ],
  ['file() in REPLACE', "SELECT * REPLACE (file('/etc/passwd') AS a) FROM (SELECT 1 AS a)"],
  ['file() by APPLY', "SELECT * APPLY(file) FROM (SELECT '/etc/passwd' AS a)"],
  ['file() by APPLY of a lambda', "SELECT * APPLY(x -> file(x)) FROM (SELECT '/etc/passwd' AS a)"],
  ['file() by APPLY on columns', "SELECT COLUMNS('a') APPLY file FROM (SELECT '/etc/passwd' AS a)"],
  ['file() in UNION', "SELECT 1 UNION ALL SELECT file('/etc/passwd')"],
  ['file() in EXCEPT', "SELECT '1' EXCEPT SELECT file('/etc/passwd')"],
  ['file() in IN', "SELECT 1 IN (SELECT length(file('/etc/passwd')))"],
  ['file() in EXISTS', "SELECT EXISTS (SELECT file('/etc/passwd'))"],
  ['file() in an argument of a table function', "SELECT * FROM numbers(length(file('/etc/passwd')))"],
  ['file() behind a FORMAT in a comment', "SELECT file('/etc/passwd') -- FORMAT Null"],
  ['table file()', "SELECT * FROM file('/etc/passwd', 'LineAsString')"],
  ['table file() behind a comma', "SELECT * FROM spans, file('/etc/passwd', 'LineAsString')"],
  ['a file as a table', 'SELECT * FROM `/etc/passwd`'],
  ['a file as a string', "SELECT * FROM '/etc/passwd'"],
  ['a file in a database', 'SELECT * FROM default.`/etc/passwd`'],
  ['DESCRIBE of a file', "DESCRIBE file('/etc/passwd')"],
  ['EXPLAIN of a file', "EXPLAIN SELECT file('/etc/passwd')"],
  ['EXPLAIN as a subquery', "SELECT * FROM (EXPLAIN SELECT file('/etc/passwd'))"],
  ['the file system', 'SELECT filesystemAvailable()'],
  ['executable()', "SELECT * FROM executable('x.sh', 'TSV', 'a String')"],
  // the network
  ['url()', "SELECT * FROM url('http://169.254.169.254/')"],
  ['url() in DESCRIBE', "DESCRIBE TABLE url('http://127.0.0.1:1/', 'CSV')"],
  ['s3()', "SELECT * FROM s3('http://127.0.0.1:1/b/k')"],
  ['remote()', "SELECT * FROM remote('127.0.0.1', system.one)"],
  ['remoteSecure()', "SELECT * FROM remoteSecure('127.0.0.1', 'system', 'one')"],
  ['cluster()', "SELECT * FROM cluster('default', system.one)"],
  ['clusterAllReplicas()', "SELECT * FROM clusterAllReplicas('default', system.one)"],
  ['mysql()', "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')"],
  ['postgresql()', "SELECT * FROM postgresql('h', 'd', 't', 'u', 'p')"],
  ['jdbc()', "SELECT * FROM jdbc('x', 'y')"],
  ['odbc()', "SELECT * FROM odbc('x', 'y', 'z')"],
  ['hdfs()', "SELECT * FROM hdfs('hdfs://h/x', 'TSV')"],
  ['mongodb()', "SELECT * FROM mongodb('h', 'd', 'c', 'u', 'p', 'a Int8')"],
  ['sqlite()', "SELECT * FROM sqlite('/tmp/x.db', 't')"],
  ['iceberg()', "SELECT * FROM icebergLocal('/tmp')"],
  ['a language model', "SELECT aiGenerate('c', 'p')"],
  // other tables
  ['system tables', 'SELECT * FROM system.users'],
  ['system tables, quoted', 'SELECT * FROM `system`.`users`'],
  ['system tables, in capitals', 'SELECT * FROM SYSTEM.processes'],
  ['system tables in a JOIN', 'SELECT * FROM spans JOIN system.tables AS t ON t.name = SpanName'],
  ['system tables in IN', "SELECT 'x' IN system.databases"],
  ['system tables in IN, in parentheses', "SELECT ('x') IN (system.databases)"],
  ['system tables in NOT IN', "SELECT 'x' NOT IN `system`.`databases`"],
  ['system tables in GLOBAL IN', "SELECT 'x' GLOBAL IN system.databases"],
  ['system tables in the function in()', "SELECT in('x', system.databases)"],
  ['system tables in IN in a lambda', "SELECT arrayExists(x -> x IN system.databases, ['x'])"],
  ['merge()', "SELECT * FROM merge('system', '.*')"],
  ['merge() of one argument', "SELECT * FROM merge('.*')"],
  ['view()', 'SELECT * FROM view(SELECT * FROM system.users)'],
  ['viewExplain()', "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT 1))"],
  ['loop()', 'SELECT * FROM loop(system.users) LIMIT 1'],
  ['mergeTreeIndex()', "SELECT * FROM mergeTreeIndex('x', 'y')"],
  ['dictionary()', "SELECT * FROM dictionary('d')"],
  ['dictGet()', "SELECT dictGet('d', 'a', 1)"],
  ['dictGetString()', "SELECT dictGetString('d', 'a', toUInt64(1))"],
  ['joinGet()', "SELECT joinGet('other.j', 'a', 1)"],
  ['hasColumnInTable()', "SELECT hasColumnInTable('system', 'users', 'name')"],
  ['information_schema', 'SELECT * FROM information_schema.tables'],
  ['a table of another database', 'SELECT * FROM other.spans'],
  ['a database with a name like ours', 'SELECT * FROM `{db}.x`.spans'],
  // the server's state
  ['getServerSetting()', "SELECT getServerSetting('max_connections')"],
  ['getSetting()', "SELECT getSetting('max_threads')"],
  ['hostName()', 'SELECT hostName()'],
  ['serverUUID()', 'SELECT serverUUID()'],
  ['getMacro()', "SELECT getMacro('x')"],
  ['getClientHTTPHeader()', "SELECT getClientHTTPHeader('Authorization')"],
  ['showCertificate()', 'SELECT showCertificate()'],
  ['addressToLine()', 'SELECT addressToLine(1)'],
  ['sleep()', 'SELECT sleep(3)'],
  ['sleepEachRow()', 'SELECT sleepEachRow(1) FROM spans'],
  ['formatRow() with schema files', "SELECT formatRow('Template', 1)"],
  ['input()', "SELECT * FROM input('a String')"],
  ['an unknown function', 'SELECT no_such_function(1)'],
  ['an unknown combinator', 'SELECT sumFile(1)'],
  // settings, formats, files written
  ['SETTINGS', 'SELECT 1 SETTINGS max_execution_time = 0'],
  ['SETTINGS that lift readonly', 'SELECT 1 SETTINGS readonly = 0'],
  ['SETTINGS in a subquery', 'SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)'],
  ['SETTINGS in a CTE', 'WITH a AS (SELECT 1 SETTINGS max_threads = 64) SELECT * FROM a'],
  ['FORMAT', 'SELECT 1 FORMAT CSV'],
  ['FORMAT behind a comment', 'SELECT 1 /* x */ FORMAT /* y */ Null'],
  ['FORMAT in lower case', 'select 1 format Null'],
  ['INTO OUTFILE', "SELECT 1 INTO OUTFILE '/tmp/ati-guard-test' TRUNCATE"],
  ['INTO OUTFILE behind EXPLAIN', "EXPLAIN SELECT 1 INTO OUTFILE '/tmp/ati-guard-test'"],
  ['INTO OUTFILE with FORMAT', "SELECT 1 INTO OUTFILE '/tmp/ati-guard-test' FORMAT CSV"],
  // other statements
  ['several statements', 'SELECT 1; SELECT 2'],
  ['several statements, one of them hidden', 'SELECT 1;\n\n\nDROP TABLE spans'],
  ['several statements behind a heredoc', 'SELECT $$;$$; DROP TABLE spans'],
  ['INSERT … SELECT', 'INSERT INTO spans SELECT * FROM spans'],
  ['INSERT … VALUES', "INSERT INTO findings VALUES ('a', 'b')"],
  ['INSERT in a CTE', 'WITH 1 AS x INSERT INTO findings SELECT toString(x), toString(x)'],
  ['CREATE TABLE', 'CREATE TABLE evil (a Int8) ENGINE = Memory'],
  ['CREATE behind a comment', '/* SELECT */ CREATE TABLE evil (a Int8) ENGINE = Memory'],
  ['CREATE behind a line comment', '-- SELECT\nCREATE TABLE evil (a Int8) ENGINE = Memory'],
  ['CREATE TEMPORARY TABLE', 'CREATE TEMPORARY TABLE evil (a Int8)'],
  ['CREATE FUNCTION', 'CREATE FUNCTION f AS x -> x'],
  ['DROP', 'DROP TABLE spans'],
  ['TRUNCATE', 'TRUNCATE TABLE spans'],
  ['ALTER', 'ALTER TABLE spans DELETE WHERE 1'],
  ['DELETE', 'DELETE FROM spans WHERE 1'],
  ['UPDATE', "UPDATE spans SET SpanName = '' WHERE 1"],
  ['EXCHANGE', 'EXCHANGE TABLES spans AND findings'],
  ['RENAME', 'RENAME TABLE spans TO gone'],
  ['OPTIMIZE', 'OPTIMIZE TABLE spans FINAL'],
  ['SET', 'SET readonly = 0'],
  ['USE', 'USE system'],
  ['SYSTEM', 'SYSTEM FLUSH LOGS'],
  ['KILL', "KILL QUERY WHERE query_id != ''"],
  ['GRANT', 'GRANT ALL ON *.* TO default'],
  ['BACKUP', "BACKUP TABLE spans TO File('/tmp/x')"],
  ['ATTACH', 'ATTACH TABLE spans'],
  ['EXECUTE AS', 'EXECUTE AS default SELECT 1'],
  ['PARALLEL WITH', 'SELECT 1 PARALLEL WITH DROP TABLE spans'],
  ['SHOW DATABASES', 'SHOW DATABASES'],
  ['SHOW PROCESSLIST', 'SHOW PROCESSLIST'],
  ['SHOW SETTINGS', "SHOW SETTINGS LIKE 'max%'"],
  ['SHOW GRANTS', 'SHOW GRANTS'],
  ['SHOW CLUSTERS', 'SHOW CLUSTERS'],
  ['SHOW TABLES of another database', 'SHOW TABLES FROM system'],
  ['SHOW FULL TABLES of another database', 'SHOW FULL TABLES IN system'],
  ['SHOW CREATE of another database', 'SHOW CREATE TABLE system.tables'],
  ['SHOW CREATE DATABASE', 'SHOW CREATE DATABASE default'],
  ['SHOW CREATE USER', 'SHOW CREATE USER default'],
  ['DESCRIBE of another database', 'DESCRIBE TABLE system.users'],
  ['EXISTS in another database', 'EXISTS TABLE system.users'],
  ['EXPLAIN of a write', 'EXPLAIN DROP TABLE spans'],
  ['EXPLAIN AST of a write', 'EXPLAIN AST INSERT INTO findings VALUES (1, 2)'],
  ['EXPLAIN TABLE OVERRIDE', "EXPLAIN TABLE OVERRIDE mysql('h', 'd', 't', 'u', 'p') PARTITION BY a"],
  ['EXPLAIN CURRENT TRANSACTION', 'EXPLAIN CURRENT TRANSACTION'],
  // against the guard itself
  ['options of EXPLAIN AST', "optimize = 1 SELECT (SELECT file('/etc/passwd'))"],
  ['options of EXPLAIN AST in disguise', "SELECT = 1, optimize = 1 SELECT (SELECT file('/etc/passwd'))"],
  ['options of EXPLAIN AST that draw', 'graph = 1 SELECT 1'],
  ['a name that prints like a tree', "SELECT `a\n     Literal 1`, file('/etc/passwd')"],
  ['an alias that prints like children', "SELECT 1 AS `x) (children 1`, file('/etc/passwd')"],
  ['an alias that prints like a name', "SELECT file('/etc/passwd') AS `sum`"],
  ['an open comment', "SELECT file('/etc/passwd') /*"],
  ['a parameter for a table', 'SELECT * FROM {t:Identifier}'],
  ['another dialect', 'spans | take 1'],
  ['nothing', ''],
  ['a comment', '-- SELECT 1'],
  ['a semicolon', ';'],
  ['no statement', '1 + 1'],
  ['too much', `SELECT ${'1 + '.repeat(30_000)} 1`],
  ['too deep', `SELECT ${'('.repeat(3000)}1${')'.repeat(3000)}`],
];

const ALLOWED: readonly (readonly [string, string])[] = [
  ['a constant', 'SELECT 1'],
  ['a semicolon at the end', 'SELECT 1;'],
  ['comments', '/* a */ SELECT 1 -- b'],
  ['all columns', 'SELECT * FROM spans LIMIT 5'],
  ['our database by name', 'SELECT count() FROM {db}.spans'],
  ['quoted names', 'SELECT `s`.`TraceId` FROM `{db}`.`spans` AS `s` LIMIT 1'],
  [
    'quantiles',
    'SELECT SpanName, quantile(0.99)(Duration) AS p99, quantiles(0.5, 0.9)(Duration) FROM spans GROUP BY SpanName ORDER BY p99 DESC',
  ],
  [
    'combinators',
    'SELECT countIf(Duration > 5), sumIf(Duration, 1), uniqExactIf(TraceId, 1), groupArrayDistinct(SpanName), avgOrNull(Duration), argMaxIf(TraceId, Duration, 1) FROM spans',
  ],
  ['FINAL and PREWHERE', "SELECT count() FROM spans PREWHERE ServiceName = 'svc' WHERE Duration > 0"],
  [
    'buckets of time',
    'SELECT toStartOfInterval(Timestamp, INTERVAL 10 SECOND) AS t, count() FROM spans GROUP BY t ORDER BY t WITH FILL STEP toIntervalSecond(10)',
  ],
  [
    'WITH FILL and INTERPOLATE',
    'SELECT 1 AS a, 2 AS b ORDER BY a WITH FILL FROM 1 TO 5 INTERPOLATE (b AS b + 1)',
  ],
  [
    'attributes',
    "SELECT SpanAttributes['k'] AS k, mapKeys(SpanAttributes), mapContains(SpanAttributes, 'k') FROM spans LIMIT 1",
  ],
  [
    'arrays and lambdas',
    'SELECT arrayMap(x -> x * 2, range(5)), arrayFilter((x, i) -> i > 1, [1, 2], [1, 2]), arraySum(x -> x, [1])',
  ],
  ['ARRAY JOIN', 'SELECT tag, count() FROM spans ARRAY JOIN Tags AS tag GROUP BY tag'],
  ['LEFT ARRAY JOIN', 'SELECT x FROM (SELECT [] :: Array(Int8) AS a) LEFT ARRAY JOIN a AS x'],
  [
    'JOIN',
    "SELECT s.TraceId FROM spans AS s LEFT JOIN findings AS f ON s.TraceId = f.TraceId WHERE f.Kind = '' LIMIT 1",
  ],
  ['JOIN USING', 'SELECT count() FROM spans INNER JOIN findings USING (TraceId)'],
  [
    'CTEs',
    'WITH top AS (SELECT SpanName, count() AS c FROM spans GROUP BY SpanName), 3 AS n SELECT * FROM top WHERE c > n',
  ],
  [
    'a recursive CTE',
    'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT sum(n) FROM r',
  ],
  ['scalar subqueries', 'SELECT Duration / (SELECT max(Duration) FROM spans) FROM spans LIMIT 1'],
  ['IN with a subquery', 'SELECT count() FROM spans WHERE TraceId IN (SELECT TraceId FROM findings)'],
  ['IN with a table', 'SELECT 1 FROM (SELECT 1 AS a) WHERE (toString(a), toString(a)) NOT IN findings'],
  [
    'IN with a CTE',
    'WITH ids AS (SELECT TraceId FROM findings) SELECT count() FROM spans WHERE TraceId NOT IN ids',
  ],
  ['IN with a list', "SELECT count() FROM spans WHERE SpanName IN ('op-1', 'op-2') AND TraceId NOT IN ('')"],
  [
    'windows',
    'SELECT TraceId, row_number() OVER (PARTITION BY SpanName ORDER BY Duration ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), lagInFrame(Duration) OVER w FROM spans WINDOW w AS (ORDER BY TraceId) QUALIFY 1 LIMIT 3',
  ],
  ['UNION, EXCEPT, INTERSECT', '(SELECT 1 UNION ALL SELECT 2) EXCEPT SELECT 1 INTERSECT SELECT 2'],
  [
    'GROUPING SETS',
    'SELECT SpanName, ServiceName, grouping(SpanName), count() FROM spans GROUP BY GROUPING SETS ((SpanName), (ServiceName))',
  ],
  ['ROLLUP and TOTALS', 'SELECT SpanName, count() FROM spans GROUP BY SpanName WITH ROLLUP WITH TOTALS'],
  ['LIMIT BY', 'SELECT SpanName, TraceId FROM spans ORDER BY TraceId LIMIT 1 BY SpanName LIMIT 2 OFFSET 1'],
  [
    'CASE, casts and literals',
    "SELECT CASE WHEN 1 THEN 'a' ELSE 'b' END, CASE 1 WHEN 1 THEN 2 END, 1 :: Int8, CAST('1' AS UInt8), toDate('2026-01-01') + INTERVAL 1 DAY, DATE '2026-01-01', -1.5e3, NULL, [1, 2], (1, 'a'), $$heredoc$$",
  ],
  [
    'operators',
    "SELECT 1 BETWEEN 0 AND 2, 'a' LIKE '%a', 'a' ILIKE 'A', NOT 1, 1 ? 2 : 3, 'a' || 'b', 5 % 3, 5 DIV 3, 'a' REGEXP 'b', 1 = ANY (SELECT 1), now() AT TIME ZONE 'UTC', 1 IS NULL, 1 IS NOT DISTINCT FROM 1",
  ],
  [
    'strings',
    "SELECT lower('A'), substr('abc', 2), replaceRegexpAll('a1', '[0-9]', ''), splitByChar(',', 'a,b'), extract('a1', '[0-9]'), position('abc', 'b'), trim(BOTH ' ' FROM ' a ')",
  ],
  ['a string of several lines', "SELECT 'a\n Function file (children 1)\n  ExpressionList' AS s"],
  ['a string that talks of file()', "SELECT 'file(''/etc/passwd'') INTO OUTFILE FORMAT; DROP' AS s"],
  ['a column named format', 'SELECT 1 AS format, 2 AS settings, 3 AS file ORDER BY format'],
  ['JSON', `SELECT JSONExtractString('{"a":"b"}', 'a'), toJSONString(map('a', 1))`],
  ['hashes', "SELECT cityHash64('a'), hex(SHA256('a')), sipHash64(1)"],
  ['columns by pattern', "SELECT COLUMNS('^Trace') FROM spans LIMIT 1"],
  [
    'EXCEPT and REPLACE on columns',
    'SELECT * EXCEPT (Tags, SpanAttributes) REPLACE (1 AS Duration) FROM spans LIMIT 1',
  ],
  ['numbers()', 'SELECT sum(number) FROM numbers(10)'],
  ['generateSeries()', 'SELECT * FROM generateSeries(1, 3)'],
  ['values()', "SELECT * FROM values('a UInt8, b String', (1, 'x'), (2, 'y'))"],
  ['system.one', 'SELECT dummy FROM system.one'],
  ['a view', 'SELECT count() FROM slow'],
  ['FROM first', 'FROM spans SELECT count()'],
  ['EXPLAIN', "EXPLAIN indexes = 1 SELECT * FROM spans WHERE TraceId = '1'"],
  ['EXPLAIN SYNTAX', 'EXPLAIN SYNTAX SELECT count() FROM spans'],
  ['EXPLAIN PIPELINE', 'EXPLAIN PIPELINE SELECT count() FROM spans'],
  ['DESCRIBE', 'DESCRIBE TABLE {db}.spans'],
  ['DESC of a query', 'DESC (SELECT 1 AS a)'],
  ['SHOW TABLES', "SHOW TABLES LIKE 'sp%'"],
  ['SHOW CREATE TABLE', 'SHOW CREATE TABLE spans'],
  ['SHOW CREATE TABLE by name', 'SHOW CREATE TABLE {db}.spans'],
  ['EXISTS', 'EXISTS TABLE {db}.spans'],
];

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
