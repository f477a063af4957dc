/** What clients do to a listening socket that `inject` cannot: raw bytes, half requests, hang-ups. */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OPEN_ACCESS } from '#infra/access/access.ts';
import type { ProduceAck } from '#infra/kafka/port.ts';
import { nothingDropped } from '#schemas/otlp/filter.ts';
import { buildApp } from './app.ts';
import { Batcher } from './batcher.ts';
import { ByteBudget } from './budget.ts';
import { Gate } from './gate.ts';
import { ByteRate } from './rate-limit.ts';
import type { Door } from './receive.ts';
import { RECORD_OF } from './records.ts';
import { ok } from './refusal.ts';
import { bySignal } from './signals.ts';

const LIMIT = 100_000;
let draining: boolean;
let answerOfLog: () => Promise<readonly ProduceAck[]>;
let door: Door;
let app: ReturnType<typeof buildApp>;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  draining = false;
  answerOfLog = async () => [];
  door = {
    signal: 'traces',
    budget: new ByteBudget(1 << 20, 1 << 20),
    batcher: new Batcher({
      send: () => answerOfLog(),
      now: () => 0,
      maxBytes: 1 << 20,
      maxItems: 1000,
      recordOf: RECORD_OF.traces,
      lingerMs: 0,
      ackTimeoutMs: 60_000,
      onAck: () => {},
    }),
    rate: new ByteRate(0, () => 0),
    decompressing: new Gate(2),
    maxBodyBytes: LIMIT,
    observer: { accepted: () => {}, refused: () => {} },
    draining: () => draining,
    split: (otlp) =>
      ok({
        parts: [{ partition: 0, service: '', count: 1, otlp }],
        accepted: 1,
        rejected: 0,
        rejectedReason: '',
        dropped: nothingDropped(),
      }),
  };
  app = buildApp({
    doors: bySignal((signal) => ({ ...door, signal })),
    access: OPEN_ACCESS,
    tls: undefined,
    prepare: async () => undefined,
    onDenied: () => {},
    onBug: (error) => {
      throw error;
    },
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  port = (app.server.address() as AddressInfo).port;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});

function open(): { socket: Socket; text(): string; closed: Promise<unknown> } {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', () => {}); // a reset is one of the ways a connection ends
  const closed = new Promise((resolve) => socket.on('close', resolve));
  return { socket, text: () => received, closed };
}
const head = (length: number | string) =>
  `POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${length}\r\n\r\n`;

test('an absurd Content-Length is answered without waiting for the body, then the connection ends', async () => {
  const client = open();
  client.socket.write(head('900000000000000'));
  await vi.waitUntil(() => client.text().includes('HTTP/1.1 413'));
  await client.closed;
});

test('who goes on sending after 413 still reads the answer, and is cut off', async () => {
  const client = open();
  client.socket.write(head('900000000000000'));
  const flood = setInterval(() => client.socket.write(Buffer.alloc(256 << 10)), 1);
  await client.closed.finally(() => clearInterval(flood));
  expect(client.text()).toContain('HTTP/1.1 413');
});

test('a refused body that ends soon leaves the connection usable', async () => {
  const client = open();
  const body = 'a'.repeat(LIMIT + 1);
  client.socket.write(`${head(body.length)}${body}${head(3)}abc`);
  await vi.waitUntil(() => client.text().includes('HTTP/1.1 200'));
  expect(client.text()).toContain('HTTP/1.1 413');
});

test('a chunked body without a length is read up to the bound', async () => {
  const statusOf = async (bytes: number) => {
    const request = httpRequest({
      port,
      method: 'POST',
      path: '/v1/traces',
      headers: { 'content-type': 'application/x-protobuf' },
    });
    request.on('error', () => {});
    for (let sent = 0; sent < bytes; sent += 10_000)
      request.write(Buffer.alloc(Math.min(10_000, bytes - sent)));
    request.end();
    const [response] = await once(request, 'response');
    response.resume();
    return response.statusCode;
  };
  expect(await statusOf(LIMIT)).toBe(200);
  expect(await statusOf(LIMIT + 1)).toBe(413);
});

test('a client that hangs up in mid-body frees its bytes', async () => {
  const client = open();
  client.socket.write(`${head(50_000)}abc`);
  await vi.waitUntil(() => door.budget.inFlight === 50_000);
  client.socket.destroy();
  await vi.waitUntil(() => door.budget.inFlight === 0);
});

test('a client that hangs up while it waits for the log frees its bytes when the log has answered', async () => {
  const held = Promise.withResolvers<readonly ProduceAck[]>();
  answerOfLog = () => held.promise;
  const client = open();
  client.socket.write(`${head(3)}abc`);
  await vi.waitUntil(() => door.budget.inFlight === 3);
  client.socket.destroy();
  held.resolve([]);
  await vi.waitUntil(() => door.budget.inFlight === 0);
});

test.each([
  ['bytes that are not HTTP', '400', '\x00\x01\x02 canary\r\n\r\n'],
  ['headers without an end', '431', `POST / HTTP/1.1\r\nA: ${'a'.repeat(20_000)}`],
  [
    'both a length and chunks',
    '400',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
])('%s are refused', async (_, status, bytes) => {
  const client = open();
  client.socket.write(bytes);
  await client.closed;
  expect(client.text()).toContain(`HTTP/1.1 ${status}`);
  expect(client.text()).not.toContain('canary');
});

test('a client that dawdles is bounded: 10 s for its headers, 30 s for the whole request', () => {
  expect(app.server.headersTimeout).toBe(10_000);
  expect(app.server.requestTimeout).toBe(30_000);
});

test('draining: what is in flight is answered, what arrives late gets 503, then all is closed', async () => {
  const held = Promise.withResolvers<readonly ProduceAck[]>();
  answerOfLog = () => held.promise;
  const waiting = open();
  const late = open();
  waiting.socket.write(`${head(3)}abc`);
  late.socket.write(head(4));
  late.socket.write('ab');
  await vi.waitUntil(() => door.budget.inFlight === 7);
  const half = open();
  half.socket.write(head(3).slice(0, 40));
  await vi.waitUntil(() => half.socket.bytesWritten === 40 && !half.socket.connecting);
  draining = true;
  const closed = app.close();
  half.socket.write(`${head(3).slice(40)}abc`);
  late.socket.write('cd');
  held.resolve([]);
  await closed;
  await Promise.all([waiting.closed, late.closed, half.closed]);
  expect(waiting.text()).toContain('HTTP/1.1 200');
  expect(late.text()).toContain('HTTP/1.1 200'); // its headers came before
  expect(half.text()).toMatch(/^HTTP\/1\.1 503[\s\S]*retry-after: 5/);
});
