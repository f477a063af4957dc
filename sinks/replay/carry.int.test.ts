/** Rows are carried over by one statement, however long it takes: over a slow link to a real engine. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { type SpawnedEngine, spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { temporaryDirectory } from '../testing.ts';
import { carryOver } from './carry.ts';
import { Interrupted } from './fill.ts';

let directory: { path: string; remove(): Promise<void> };
let engine: SpawnedEngine;
let proxy: http.Server;
let url: string;
/** Statements that copy rows wait for it; resolved: none waits. */
let gate = Promise.withResolvers<void>();
let held = 0;
let ended = false;
const clients: ClickHouse[] = [];
const client = (silenceMs?: number) => {
  const made = connectClickHouse({ url, ...(silenceMs !== undefined && { silenceMs }) });
  clients.push(made);
  return made;
};

beforeAll(async () => {
  directory = await temporaryDirectory();
  engine = await spawnEngine({ dataDir: directory.path });
  proxy = http.createServer(async (request, response) => {
    const body = await text(request);
    if (body.startsWith('INSERT INTO fresh')) {
      held++;
      await gate.promise;
    }
    if (ended) return;
    const answer = await fetch(`${engine.url}${request.url}`, { method: request.method, body: body || null });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const clickhouse = client();
  for (const table of ['old', 'fresh'])
    await clickhouse.command(
      `CREATE TABLE ${table} (id UInt32, at DateTime64(3)) ENGINE = ReplacingMergeTree ORDER BY id`,
    );
  await clickhouse.command(
    'INSERT INTO old SELECT number, fromUnixTimestamp64Milli(number) FROM numbers(10)',
  );
});
afterAll(async () => {
  ended = true;
  gate.resolve();
  for (const each of clients) await each.close();
  proxy.closeAllConnections();
  proxy.close();
  await engine.stop();
  await directory.remove();
});

const tables = { old: 'old', fresh: 'fresh', stamp: 'at' };
const carry = { below: 4, from: 9 };
const NEVER = new AbortController().signal;

test('longer than a client that waits for a byte would: who has patience gets all rows', async () => {
  const patient = carryOver(client(600_000), tables, carry, NEVER);
  await expect(carryOver(client(300), tables, carry, NEVER)).rejects.toMatchObject({ retriable: true });
  gate.resolve();
  expect(await patient).toBe(5);
  const rows = await client().query<{ id: number }>('SELECT id FROM fresh FINAL ORDER BY id');
  expect(rows.map(({ id }) => id)).toEqual([0, 1, 2, 3, 9]);
});

test('Ctrl-C ends the wait', async () => {
  gate = Promise.withResolvers();
  held = 0;
  const stop = new AbortController();
  const carried = carryOver(client(600_000), tables, carry, stop.signal);
  await expect.poll(() => held).toBe(1);
  stop.abort();
  await expect(carried).rejects.toThrow(Interrupted);
});
