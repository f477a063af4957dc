import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type NativeDoor, openNativeDoor } from './native-door.ts';

/** An engine that says what it was asked. */
let engine: http.Server;
let door: NativeDoor;

beforeEach(async () => {
  engine = http.createServer(async (request, response) => {
    response.writeHead(201, { 'x-seen': 'yes' });
    response.end(`${request.method} ${request.url} ${await text(request)}`);
  });
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve));
  door = await openNativeDoor(`http://127.0.0.1:${(engine.address() as AddressInfo).port}`);
});
afterEach(async () => {
  await door.close();
  engine.closeAllConnections();
  await new Promise((resolve) => engine.close(resolve));
});

test('the hello of the driver gets version 0 in a block of the version that it asked for', async () => {
  const answer = await fetch(`${door.url}/?client_protocol_version=54460&default_format=Native`, {
    method: 'POST',
    body: 'SELECT displayName(), version(), revision(), timezone()',
  });
  const block = Buffer.from(await answer.arrayBuffer());
  // Block info, four columns, one row.
  expect([...block.subarray(0, 10)]).toEqual([1, 0, 2, 255, 255, 255, 255, 0, 4, 1]);
  const revision = block.subarray(block.indexOf('revision()') + 'revision()'.length);
  expect([...revision.subarray(0, 12)]).toEqual([6, ...Buffer.from('UInt32'), 0, 0, 0, 0, 0]);
});

test('everything else goes through without the version', async () => {
  const described = await fetch(`${door.url}/?client_protocol_version=54460&database=d`, {
    method: 'POST',
    body: 'DESCRIBE TABLE t',
  });
  expect([described.status, described.headers.get('x-seen')]).toEqual([201, 'yes']);
  expect(await described.text()).toBe('POST /?database=d DESCRIBE TABLE t');
});

test('rows pass as they are', async () => {
  const rows = Buffer.alloc(300_000, 'row ');
  const inserted = await fetch(`${door.url}/?client_protocol_version=1&query=INSERT`, {
    method: 'POST',
    body: rows,
  });
  expect(await inserted.text()).toBe(`POST /?query=INSERT ${rows.toString()}`);
});
