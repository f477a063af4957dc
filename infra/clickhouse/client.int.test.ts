/** The port on a server: values, errors and what can be retried. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClickHouse } from './client.ts';
import type { ClickHouse } from './port.ts';
import { type TestClickHouse, testClickHouse } from './testing/engine.ts';

let server: TestClickHouse;
let ch: ClickHouse;
beforeAll(async () => {
  server = await testClickHouse();
  ch = connectClickHouse({ url: server.url, database: server.database });
  await ch.command('CREATE TABLE t (k UInt32, `v-1` String) ENGINE = MergeTree ORDER BY k');
});
afterAll(async () => {
  await ch.close();
  await server.stop();
});

const rows = () => ch.query('SELECT k, `v-1` AS v FROM t ORDER BY k');

describe('the port', () => {
  it('stores and reads rows, 64-bit integers as strings', async () => {
    await ch.insert('t', ['k', 'v-1'], 'JSONEachRow', Buffer.from('{"k":1,"v-1":"a"}\n'));
    await ch.insert('t', ['v-1', 'k'], 'RowBinary', Buffer.from([1, 0x62, 2, 0, 0, 0]));
    expect(await rows()).toEqual([
      { k: 1, v: 'a' },
      { k: 2, v: 'b' },
    ]);
    expect(await ch.query('SELECT {n:UInt64} AS n', { params: { n: '18446744073709551615' } })).toEqual([
      { n: '18446744073709551615' },
    ]);
  });

  it('inserts a part of a greater buffer as that part', async () => {
    const whole = Buffer.from('xx{"k":9,"v-1":"part"}\nxx');
    await ch.insert('t', ['k', 'v-1'], 'JSONEachRow', whole.subarray(2, -2));
    expect(await ch.query('SELECT `v-1` AS v FROM t WHERE k = 9')).toEqual([{ v: 'part' }]);
  });

  it('gives raw answers with their type', async () => {
    const { body, contentType } = await ch.raw('SELECT 1 AS a', 'CSVWithNames');
    expect(contentType).toMatch(/^text\/csv/);
    expect(await text(body)).toBe('"a"\n1\n');
  });

  it('throws the errors of raw answers before the answer', async () => {
    const failing = 'SELECT throwIf(number = 100) FROM numbers(1000) SETTINGS max_block_size = 10';
    await expect(ch.raw(failing, 'JSON')).rejects.toMatchObject({ code: 395 });
  });

  it('pings', async () => {
    expect(await ch.ping()).toBe(true);
    const nobody = connectClickHouse({ url: 'http://127.0.0.1:1' });
    expect(await nobody.ping()).toBe(false);
    await nobody.close();
  });
});

describe('a server that accepts and never answers', () => {
  const silent = async () => {
    const listener = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    const port = connectClickHouse({ url, silenceMs: 300 });
    return { port, close: () => Promise.all([port.close(), listener.close()]) };
  };

  it('is not there, and its silence is an error that can be retried', async () => {
    const { port, close } = await silent();
    expect(await port.ping()).toBe(false);
    const inserted = port.insert('t', ['k'], 'RowBinary', Buffer.alloc(4));
    await expect(inserted).rejects.toMatchObject({ code: 0, retriable: true });
    await close();
  });

  it('is left by an insert whose signal aborts', async () => {
    const { port, close } = await silent();
    const abort = new AbortController();
    const inserted = port.insert('t', ['k'], 'RowBinary', Buffer.alloc(4), abort.signal);
    abort.abort();
    await expect(inserted).rejects.toMatchObject({ code: 394, retriable: false });
    await close();
  });
});

describe('errors', () => {
  it.each([
    ['an unknown table', 'SELECT * FROM nope', {}, 60, false],
    ['wrong syntax', 'SELEC', {}, 62, false],
    [
      'too little memory',
      'SELECT uniqExact(number) FROM numbers(10000000)',
      { max_memory_usage: 10_000_000 },
      241,
      true,
    ],
    ['too little time', 'SELECT count() FROM numbers(1e13)', { max_execution_time: 1 }, 159, true],
  ])('%s', async (_what, sql, settings, code, retriable) => {
    await expect(ch.query(sql, { settings })).rejects.toMatchObject({
      name: 'ClickHouseError',
      code,
      retriable,
    });
  });

  it('nobody there: retriable', async () => {
    const nobody = connectClickHouse({ url: 'http://127.0.0.1:1' });
    await expect(nobody.query('SELECT 1')).rejects.toMatchObject({ code: 0, retriable: true });
    await expect(nobody.insert('t', ['k'], 'RowBinary', Buffer.alloc(4))).rejects.toMatchObject({
      retriable: true,
    });
    await nobody.close();
  });

  it('a bad row, in either format: never retriable', async () => {
    await expect(ch.insert('t', ['k'], 'JSONEachRow', Buffer.from('{"k":"x"}'))).rejects.toMatchObject({
      retriable: false,
    });
    await expect(ch.insert('t', ['k'], 'RowBinary', Buffer.from([1, 2]))).rejects.toMatchObject({
      retriable: false,
    });
  });

  it('an aborted query: not retriable', async () => {
    const signal = AbortSignal.timeout(50);
    await expect(ch.query('SELECT sleep(3)', { signal })).rejects.toMatchObject({
      code: 394,
      retriable: false,
    });
  });
});

describe('idle connections', () => {
  it('are not used when the server has closed them', async () => {
    await Promise.all(Array.from({ length: 5 }, () => ch.ping()));
    // Longer than the client keeps a connection; the event loop is blocked, so that no timer tells it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
    await Promise.all(Array.from({ length: 5 }, () => ch.query('SELECT 1')));
  });
});
