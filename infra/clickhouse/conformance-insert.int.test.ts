/** Inserts through the unmodified client and by hand; also run on a real server. */
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { post, type TestClickHouse, testClickHouse } from './testing/engine.ts';

let ch: TestClickHouse;
beforeAll(async () => {
  ch = await testClickHouse();
});
afterAll(() => ch.stop());

const run = (query: string) => ch.client().command({ query });

async function stored(table = 'kv'): Promise<unknown[]> {
  const result = await ch
    .client()
    .query({ query: `SELECT k, v FROM ${table} ORDER BY k, v`, format: 'JSONCompactEachRow' });
  return result.json();
}

beforeEach(async () => {
  await run('CREATE OR REPLACE TABLE kv (k UInt32, v String) ENGINE = MergeTree ORDER BY k');
});

describe('through the client', () => {
  it('stores arrays of objects and counts them', async () => {
    const values = Array.from({ length: 1000 }, (_, k) => ({ k, v: String(k) }));
    const { summary } = await ch.client().insert({ table: 'kv', format: 'JSONEachRow', values });
    expect(summary?.written_rows).toBe('1000');
    expect(await stored()).toHaveLength(1000);
  });

  it('stores streams of objects and of text', async () => {
    const client = ch.client();
    const objects = Readable.from(
      [
        { k: 1, v: 'a' },
        { k: 2, v: 'b' },
      ],
      { objectMode: true },
    );
    await client.insert({ table: 'kv', format: 'JSONEachRow', values: objects });
    const csv = Readable.from(['3,c\n4,"d;', 'x"\n'], { objectMode: false });
    await client.insert({ table: 'kv', format: 'CSV', values: csv });
    expect(await stored()).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'd;x'],
    ]);
  });

  it('stores rows with a list of columns, whatever is in the text', async () => {
    const value = 'a;\'\\"\n\n\u0001é';
    await ch
      .client()
      .insert({ table: 'kv', format: 'JSONCompactEachRow', columns: ['v', 'k'], values: [[value, 1]] });
    expect(await stored()).toEqual([[1, value]]);
  });

  it('stores RowBinary through exec', async () => {
    const bytes = Buffer.from([5, 0, 0, 0, 1, 0x3b, 32, 0, 0, 0, 2, 10, 10]);
    const values = Readable.from([bytes], { objectMode: false });
    const { stream } = await ch.client().exec({ query: 'INSERT INTO kv FORMAT RowBinary', values });
    for await (const piece of stream) expect(piece).toBeUndefined();
    expect(await stored()).toEqual([
      [5, ';'],
      [32, '\n\n'],
    ]);
  });

  it('sends nothing for no rows', async () => {
    const { executed } = await ch.client().insert({ table: 'kv', format: 'JSONEachRow', values: [] });
    expect(executed).toBe(false);
  });

  it('runs INSERT … SELECT', async () => {
    await run('INSERT INTO kv SELECT number, toString(number) FROM numbers(3)');
    await run('INSERT INTO kv (k) SELECT (10)');
    expect(await stored()).toEqual([
      [0, '0'],
      [1, '1'],
      [2, '2'],
      [10, ''],
    ]);
  });

  it('waits for asynchronous inserts', async () => {
    await ch.client().insert({
      table: 'kv',
      format: 'JSONEachRow',
      values: [{ k: 1, v: 'async' }],
      clickhouse_settings: { async_insert: 1, wait_for_async_insert: 1 },
    });
    expect(await stored()).toEqual([[1, 'async']]);
  });

  it('stores a batch with a deduplication token once', async () => {
    await run(`CREATE OR REPLACE TABLE dd (k UInt32, v String) ENGINE = MergeTree ORDER BY k
      SETTINGS non_replicated_deduplication_window = 100`);
    for (const k of [1, 2])
      await ch.client().insert({
        table: 'dd',
        values: [{ k, v: '' }],
        format: 'JSONEachRow',
        clickhouse_settings: { insert_deduplication_token: 'token' },
      });
    expect(await stored('dd')).toEqual([[1, '']]);
  });

  it('stores nothing of a batch with a bad row, and says which', async () => {
    const values = [
      { k: 1, v: 'good' },
      { k: 'x', v: 'bad' },
    ];
    const inserting = ch.client().insert({ table: 'kv', format: 'JSONEachRow', values });
    await expect(inserting).rejects.toMatchObject({
      code: '27',
      message: expect.stringContaining('at row 2'),
    });
    expect(await stored()).toEqual([]);
    await expect(inserting).rejects.not.toMatchObject({ message: expect.stringContaining('spool') });
  });

  it('refuses inserts under readonly and into tables that are not there', async () => {
    const values = [{ k: 1, v: '' }];
    const readonly = { readonly: '1' } as const;
    const inserting = ch
      .client()
      .insert({ table: 'kv', format: 'JSONEachRow', values, clickhouse_settings: readonly });
    await expect(inserting).rejects.toMatchObject({ code: '164' });
    await expect(ch.client().insert({ table: 'nope', format: 'JSONEachRow', values })).rejects.toMatchObject({
      code: '60',
    });
  });
});

describe('by hand', () => {
  const send = (
    query: string | undefined,
    body: string | Uint8Array<ArrayBuffer>,
    headers?: Record<string, string>,
  ) => post(ch.url, { database: ch.database, ...(query === undefined ? {} : { query }) }, body, headers);

  it.each([
    [
      'VALUES in the body',
      undefined,
      "INSERT INTO kv VALUES (1, 'a'), (2, concat('b', ')'))",
      [
        [1, 'a'],
        [2, 'b)'],
      ],
    ],
    [
      'rows behind the query',
      undefined,
      'INSERT INTO kv FORMAT CSV\n1,a\n2,b\n',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    [
      'rows behind a query with settings',
      undefined,
      'insert into kv settings max_threads = 1 format TSV 1\ta',
      [[1, 'a']],
    ],
    ['VALUES in the query, rows in the body', 'INSERT INTO kv VALUES', "(1, 'a')", [[1, 'a']]],
    [
      'half of the rows in each',
      'INSERT INTO kv FORMAT TSV\n1\ta\n',
      '2\tb\n',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    [
      'a column list with a keyword in it',
      'INSERT INTO kv (`k`, "v") FORMAT CSV',
      '1,select\n',
      [[1, 'select']],
    ],
    [
      'comments in the head',
      '/* a */ INSERT -- b\n INTO kv /* FORMAT TSV */ FORMAT CSV',
      '1,a\n',
      [[1, 'a']],
    ],
    ['no rows', 'INSERT INTO kv FORMAT CSV', '', []],
  ])('%s', async (_what, query, body, rows) => {
    expect(await send(query, body)).toMatchObject({ status: 200, text: '' });
    expect(await stored()).toEqual(rows);
  });

  it('gzip bodies', async () => {
    const body = new Uint8Array(gzipSync('1,a\n2,b\n'));
    expect(await send('INSERT INTO kv FORMAT CSV', body, { 'content-encoding': 'gzip' })).toMatchObject({
      status: 200,
    });
    expect(await stored()).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  it('bodies that are not what they say they are', async () => {
    const answer = await send('INSERT INTO kv FORMAT CSV', '1,a\n', { 'content-encoding': 'gzip' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await stored()).toEqual([]);
  });
});
