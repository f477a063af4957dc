/** What the unmodified client asks of ClickHouse's HTTP interface when it reads; also run on a real server. */
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../testing/until.ts';
import { type TestClickHouse, testClickHouse } from './testing/engine.ts';

let ch: TestClickHouse;
beforeAll(async () => {
  ch = await testClickHouse();
});
afterAll(() => ch.stop());

type Row = Record<string, unknown>;
type Options = Parameters<ReturnType<TestClickHouse['client']>['query']>[0];
const quote64 = { output_format_json_quote_64bit_integers: 1 } as const;

async function rows(query: string, options: Partial<Options> = {}, client = ch.client()): Promise<Row[]> {
  return (
    await client.query({ query, clickhouse_settings: quote64, ...options, format: 'JSONEachRow' })
  ).json<Row>();
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: { code?: string; type?: string; message: string }) => error,
  );

describe('answers', () => {
  it('pings, with and without a query', async () => {
    expect(await ch.client().ping()).toEqual({ success: true });
    expect(await ch.client().ping({ select: true })).toEqual({ success: true });
  });

  it('gives 64-bit integers exactly, as strings', async () => {
    expect(
      await rows('SELECT toUInt64(18446744073709551615) AS n, toInt64(-9223372036854775808) AS m'),
    ).toEqual([{ n: '18446744073709551615', m: '-9223372036854775808' }]);
  });

  it('gives JSON with meta, rows and statistics', async () => {
    const result = await (await ch.client().query({ query: 'SELECT 1 AS a', format: 'JSON' })).json();
    expect(result).toMatchObject({ data: [{ a: 1 }], meta: [{ name: 'a', type: 'UInt8' }], rows: 1 });
    expect(result.statistics).toBeDefined();
  });

  it('gives binary formats byte for byte', async () => {
    const read = async (query: string) => {
      const pieces: Buffer[] = [];
      for await (const piece of (await ch.client().exec({ query })).stream) pieces.push(piece as Buffer);
      return Buffer.concat(pieces);
    };
    const binary = await read("SELECT toUInt64(18446744073709551615), '\\0\\n\\r' FORMAT RowBinary");
    expect(binary.toString('hex')).toBe('ffffffffffffffff03000a0d');
    expect((await read('SELECT number FROM numbers(10) FORMAT Parquet')).subarray(0, 4).toString()).toBe(
      'PAR1',
    );
  });

  it('streams more than it holds in memory', async () => {
    const result = await ch.client().query({
      query: 'SELECT number AS n, toString(number) AS s FROM numbers(300000)',
      format: 'JSONEachRow',
    });
    let n = 0;
    for await (const batch of result.stream()) n += batch.length;
    expect(n).toBe(300_000);
  });

  it('answers SHOW, DESCRIBE and EXPLAIN like queries', async () => {
    expect(await rows(`SHOW DATABASES LIKE '${ch.database}'`)).toEqual([{ name: ch.database }]);
    expect((await rows('DESCRIBE (SELECT 1 AS a)'))[0]).toMatchObject({ name: 'a', type: 'UInt8' });
    expect((await rows('EXPLAIN SYNTAX SELECT 1'))[0]).toHaveProperty('explain');
  });

  it('keeps the query id that it is given', async () => {
    const result = await ch
      .client()
      .query({ query: 'SELECT 1', query_id: 'my-query-1', format: 'JSONEachRow' });
    expect(result.query_id).toBe('my-query-1');
    await result.text();
  });
});

describe('parameters', () => {
  it('binds every kind of value', async () => {
    const params = {
      text: 'it\'s \\ "q"\n\t;é`--/*',
      big: '18446744073709551615',
      list: ['a', "b'c"],
      map: { k: 'v' },
      date: new Date(0),
      nothing: null,
    };
    const sql = `SELECT {text:String} AS text, {big:UInt64} AS big, {list:Array(String)} AS list,
      {map:Map(String, String)} AS map, {date:DateTime64(3, 'UTC')} AS date, {nothing:Nullable(String)} AS nothing`;
    expect(await rows(sql, { query_params: params })).toEqual([
      { ...params, date: '1970-01-01 00:00:00.000', nothing: null },
    ]);
  });

  it('binds identifiers', async () => {
    await ch.client().command({ query: 'CREATE TABLE named (a UInt8) ENGINE = MergeTree ORDER BY a' });
    const params = { query_params: { db: ch.database, table: 'named' } };
    expect(await rows('SELECT count() AS c FROM {db:Identifier}.{table:Identifier}', params)).toEqual([
      { c: '0' },
    ]);
  });

  it('keeps the parameters of queries that run side by side apart', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => rows('SELECT sleep(0.2), {i:UInt8} AS i', { query_params: { i } })),
    );
    expect(answers.map(([row]) => row.i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('takes them from a form, longer than a URL may be', async () => {
    const long = 'x'.repeat(200_000);
    const sql = 'SELECT length({a:String}) AS n, {b:String} AS b';
    const options = { query_params: { a: long, b: 'é\r\n--x' }, use_multipart_params: true };
    expect(await rows(sql, options)).toEqual([{ n: '200000', b: 'é\r\n--x' }]);
  });

  it('says which one is missing', async () => {
    expect(await failure(rows('SELECT {a:String}'))).toMatchObject({ code: '456' });
  });
});

describe('settings', () => {
  it('hold for their query only', async () => {
    const sql = "SELECT getSetting('max_block_size') AS n";
    const [{ n: before }] = await rows(sql);
    expect(await rows(sql, { clickhouse_settings: { max_block_size: '1234', ...quote64 } })).toEqual([
      { n: 1234 },
    ]);
    expect(await rows(sql)).toEqual([{ n: before }]);
  });

  it('are errors when they are not known', async () => {
    const settings = { no_such_setting: 1 } as Record<string, number>;
    expect(await failure(rows('SELECT 1', { clickhouse_settings: settings }))).toMatchObject({ code: '115' });
  });

  it('limit the time', async () => {
    const settings = { max_execution_time: 1 };
    const error = await failure(rows('SELECT count() FROM numbers(1e13)', { clickhouse_settings: settings }));
    expect(error).toMatchObject({ code: '159', type: 'TIMEOUT_EXCEEDED' });
  });

  it('name the database', async () => {
    expect(await rows('SELECT currentDatabase() AS d')).toEqual([{ d: ch.database }]);
    expect(await failure(rows('SELECT 1', {}, ch.client({ database: 'no_such_database' })))).toMatchObject({
      code: '81',
    });
  });
});

describe('errors', () => {
  it.each([
    ['an unknown table', 'SELECT * FROM nope', '60'],
    ['wrong syntax', 'SELEC 1', '62'],
    ['a misspelt command', 'NONSENSE', '62'],
    ['several statements', 'SELECT 1; SELECT 2', '62'],
    ['several statements, a comment between', 'SELECT 1 /* ; */ ; -- x\n DROP TABLE t', '62'],
  ])('%s', async (_what, query, code) => {
    expect(await failure(ch.client().command({ query }))).toMatchObject({ code });
  });

  it('in the middle of a stream reaches the reader as an error', async () => {
    const result = await ch.client().query({
      query: 'SELECT throwIf(number = 300000) FROM numbers(400000) SETTINGS max_block_size = 1000',
      format: 'JSONEachRow',
    });
    let n = 0;
    const reading = async () => {
      for await (const batch of result.stream()) n += batch.length;
    };
    expect(await failure(reading())).toMatchObject({ code: '395' });
    expect(n).toBeGreaterThan(0);
  });

  it('of one query leave nothing in the next answer', async () => {
    const half = 'SELECT number, throwIf(number = 3) FROM numbers(10) SETTINGS max_block_size = 1';
    for (const waits of [0, 1]) {
      const settings = { wait_end_of_query: waits } as Record<string, number>;
      expect(await failure(rows(half, { clickhouse_settings: settings }))).toBeDefined();
      expect(await rows('SELECT 42 AS a')).toEqual([{ a: 42 }]);
    }
  });
});

describe('cancelling', () => {
  const running = (mark: string) => async () => {
    const found = await rows(`SELECT count() AS c FROM system.processes WHERE query LIKE '%${mark}' || '%'`);
    return found[0].c as string;
  };

  it.each([
    ['of a query that is made in memory', 'SELECT (SELECT count() FROM numbers(1e13)) AS a'],
    ['of a query that is streamed', 'SELECT count() FROM numbers(1e13)'],
  ])('%s ends it', async (_what, sql) => {
    const mark = `mark${Math.random().toString(36).slice(2)}`;
    const count = running(mark);
    const abort = new AbortController();
    const query = failure(rows(`${sql} /* ${mark} */`, { abort_signal: abort.signal }));
    // Itself and the query that asks.
    await until('the query runs', async () => (await count()) >= '2');
    abort.abort();
    expect(await query).toBeDefined();
    await until('it has ended', async () => (await count()) === '1');
  });

  it('by closing the stream ends the query', async () => {
    const mark = `mark${Math.random().toString(36).slice(2)}`;
    const result = await ch.client().query({
      query: `SELECT number FROM numbers(5000000000) /* ${mark} */`,
      format: 'JSONEachRow',
    });
    for await (const _batch of result.stream()) break;
    result.close();
    await until('it has ended', async () => (await running(mark)()) === '1');
  });
});

describe('sessions and compression', () => {
  it('keep temporary tables, and no settings of earlier requests', async () => {
    const session = ch.client({ session_id: `s-${ch.database}` });
    await session.command({ query: 'CREATE TEMPORARY TABLE tt (a UInt8)' });
    await session.insert({ table: 'tt', values: [{ a: 7 }], format: 'JSONEachRow' });
    const half = 'SELECT number, throwIf(number = 3) FROM numbers(10) SETTINGS max_block_size = 1';
    expect(await failure(rows(half, {}, session))).toBeDefined();
    expect(
      await rows('SELECT * FROM tt', { clickhouse_settings: { max_block_size: '77' } }, session),
    ).toEqual([{ a: 7 }]);
    const [{ n }] = await rows("SELECT getSetting('max_block_size') AS n", {}, session);
    expect(Number(n)).not.toBe(77);
    expect(await failure(rows('SELECT * FROM tt'))).toMatchObject({ code: '60' });
  });

  it("answer a session's requests one after the other, however soon they come", async () => {
    const session = ch.client({ session_id: `t-${ch.database}` });
    await session.command({ query: 'CREATE TEMPORARY TABLE tt (a UInt8)' });
    for (let a = 0; a < 20; a++)
      await session.insert({ table: 'tt', values: [{ a }], format: 'JSONEachRow' });
    expect(await rows('SELECT count() AS c FROM tt', {}, session)).toEqual([{ c: '20' }]);
  });

  it.each(['gzip', 'br', 'zstd'] as const)('%s answers and inserts', async (codec) => {
    const client = ch.client({ compression: { request: { codec }, response: { codec } } });
    const table = `compressed_${codec}`;
    await client.command({
      query: `CREATE TABLE ${table} (k UInt32, v String) ENGINE = MergeTree ORDER BY k`,
    });
    const values = Array.from({ length: 1000 }, (_, k) => ({ k, v: 'z'.repeat(50) }));
    await client.insert({ table, format: 'JSONEachRow', values });
    expect(await rows(`SELECT * FROM ${table} ORDER BY k`, {}, client)).toEqual(values);
  });

  it('deflate answers, with the content type of the format', async () => {
    const params = new URLSearchParams({
      query: 'SELECT 1 AS a FORMAT CSVWithNames',
      enable_http_compression: '1',
    });
    const answer = await fetch(`${ch.url}/?${params}`, { headers: { 'accept-encoding': 'deflate' } });
    expect(answer.headers.get('content-encoding')).toBe('deflate');
    expect(answer.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(answer.headers.get('x-clickhouse-format')).toBe('CSVWithNames');
    expect(await answer.text()).toBe('"a"\n1\n');
  });
});

describe('readonly', () => {
  const settings = { readonly: '1' } as const;
  it.each([
    ['writes', 'CREATE TABLE forbidden (a UInt8) ENGINE = Memory'],
    ['changes of settings', 'SELECT 1 SETTINGS readonly = 0'],
    ['table functions on files', "SELECT * FROM file('/etc/hostname', 'LineAsString')"],
  ])('refuses %s', async (_what, query) => {
    expect(await failure(ch.client().command({ query, clickhouse_settings: settings }))).toMatchObject({
      code: expect.stringMatching(/^(164|452|497)$/),
    });
  });

  it('refuses INTO OUTFILE, readonly or not', async () => {
    const statements = [
      'SELECT 1',
      '(SELECT 1)',
      'WITH 1 AS x SELECT x',
      'SHOW DATABASES',
      'DROP TABLE IF EXISTS nope',
    ];
    for (const query of statements.map((sql) => `${sql} INTO OUTFILE 'o.txt'`))
      expect(await failure(ch.client().command({ query }))).toBeDefined();
  });

  it('is what GET gets', async () => {
    const query = `CREATE TABLE ${ch.database}.by_get (a UInt8) ENGINE = Memory`;
    const answer = await fetch(`${ch.url}/?${new URLSearchParams({ query })}`);
    expect(await answer.text()).toMatch(/^Code: 164\./);
    const read = await ch.client().exec({ query: 'SELECT 1' });
    expect(await text(read.stream)).toBe('1\n');
  });
});
