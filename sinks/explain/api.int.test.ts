import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '#infra/ports.ts';
import { askNewest, askTrace } from './api.ts';
import { closedTrace, TRACE_ID } from './testing.ts';

let server: Server;
let base: string;
let answer = { status: 200, body: '' };
let asked = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    asked = request.url ?? '';
    response.writeHead(answer.status).end(answer.body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

const said = (message: string) => JSON.stringify({ error: { code: 'any', message } });

test.each([
  ['no JSON', 200, '<html>', /^http.* is not ATI's query API: it answered 200, and no JSON$/],
  ['another JSON', 200, '{}', /^http.* is an ATI of another version: \w+ is not as expected$/],
  ['null', 500, 'null', /is not ATI's query API: it answered 500$/],
  ['an error of another shape', 404, '{"error":"gone"}', /is not ATI's query API: it answered 404$/],
  ['another service of ATI', 404, said('nothing at GET /v1/x'), /is not ATI's query API: nothing at GET/],
  [
    'ClickHouse away',
    503,
    said('ClickHouse does not answer'),
    /^the API at http.* says: ClickHouse does not/,
  ],
])('%s is a failure with its reason', async (_what, status, body, reason) => {
  answer = { status, body };
  const failed = { ok: false, missing: false, reason: expect.stringMatching(reason) };
  expect(await askTrace(base, TRACE_ID)).toEqual(failed);
  expect(await askNewest(base)).toEqual(failed);
});

test('a trace, with the bytes as they came, and without its spans', async () => {
  const body = ` ${JSON.stringify(closedTrace())}\n`;
  answer = { status: 200, body };
  expect(await askTrace(base, TRACE_ID)).toEqual({ ok: true, value: { trace: closedTrace(), text: body } });
  expect(asked).toBe(`/v1/traces/${TRACE_ID}?spans=0`);
});

test('a trace of an ATI without insights is one of another version', async () => {
  const { insights: _, ...older } = closedTrace();
  answer = { status: 200, body: JSON.stringify(older) };
  expect(await askTrace(base, TRACE_ID)).toMatchObject({
    reason: expect.stringMatching('insights is not as'),
  });
});

test('what is not there is missing', async () => {
  answer = { status: 404, body: said(`no trace ${TRACE_ID}`) };
  expect(await askTrace(base, TRACE_ID)).toEqual({
    ok: false,
    missing: true,
    reason: `no trace ${TRACE_ID}`,
  });
  answer = { status: 200, body: '{"traces":[],"next":null}' };
  expect(await askNewest(base)).toEqual({ ok: false, missing: true, reason: 'no trace has closed yet' });
});

test('the newest', async () => {
  answer = {
    status: 200,
    body: JSON.stringify({ traces: [{ traceId: TRACE_ID }, { traceId: 'b' }], next: 'x' }),
  };
  expect(await askNewest(base)).toEqual({ ok: true, value: TRACE_ID });
  expect(asked).toBe('/v1/traces?limit=1');
});

test('nobody there', async () => {
  const free = `http://127.0.0.1:${await freePort()}`;
  const reason = `ATI's query API does not answer at ${free} (ECONNREFUSED): is ATI running? npm start, or --api URL`;
  expect(await askNewest(free)).toEqual({ ok: false, missing: false, reason });
});
