import zlib from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { OPEN_ACCESS } from '#infra/access/access.ts';
import type { OutgoingRecord, ProduceAck } from '#infra/kafka/port.ts';
import { nothingDropped } from '#schemas/otlp/filter.ts';
import { buildApp } from './app.ts';
import { Batcher } from './batcher.ts';
import { ByteBudget } from './budget.ts';
import { Gate } from './gate.ts';
import { ByteRate } from './rate-limit.ts';
import type { Door } from './receive.ts';
import { RECORD_OF } from './records.ts';
import { malformed, ok, refused } from './refusal.ts';
import { bySignal } from './signals.ts';
import type { SplitRequest } from './split-request.ts';

const LIMIT = 4_096;
type Send = (records: readonly OutgoingRecord[]) => Promise<readonly ProduceAck[]>;

/** A door whose splitter takes `!` for malformed, one span a byte, `x` for one to reject; partition: byte mod 2. */
function doorTo(send: Send, changes: Partial<Door> = {}): Door {
  const split = (body: Buffer) => {
    if (body.includes('!')) return refused(malformed('not OTLP'));
    const good = [...body].filter((byte) => byte !== 0x78);
    const split: SplitRequest = {
      parts: [0, 1]
        .map((partition) => ({ partition, otlp: Buffer.from(good.filter((byte) => byte % 2 === partition)) }))
        .filter(({ otlp }) => otlp.length > 0)
        .map((part) => ({ ...part, service: '', count: part.otlp.length })),
      accepted: good.length,
      rejected: body.length - good.length,
      rejectedReason: good.length < body.length ? 'x marks the spot' : '',
      dropped: nothingDropped(),
    };
    return ok(split);
  };
  return {
    signal: 'traces',
    budget: new ByteBudget(10_000, 5_000),
    batcher: new Batcher({
      send,
      now: () => 0,
      maxBytes: 1000,
      maxItems: 1000,
      recordOf: RECORD_OF.traces,
      lingerMs: 0,
      ackTimeoutMs: 60_000,
      onAck: () => {},
    }),
    rate: new ByteRate(0, () => 0),
    decompressing: new Gate(1),
    maxBodyBytes: LIMIT,
    observer: { accepted: () => {}, refused: () => {} },
    draining: () => false,
    split,
    ...changes,
  };
}

const acked: Send = async () => [];
const bugs: Error[] = [];
function appTo(send: Send, changes: Partial<Door> = {}) {
  const door = doorTo(send, changes);
  const doors = bySignal((signal) => ({ ...door, signal }));
  return {
    door,
    app: buildApp({
      doors,
      access: OPEN_ACCESS,
      tls: undefined,
      prepare: async () => undefined,
      onDenied: () => {},
      onBug: (error) => bugs.push(error),
    }),
  };
}
afterEach(() => {
  expect(bugs.splice(0)).toEqual([]);
});

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

function post(
  app: ReturnType<typeof appTo>['app'],
  payload: string | Buffer | undefined,
  headers: Record<string, string> = {},
) {
  return app.inject({
    method: 'POST',
    url: '/v1/traces',
    payload,
    headers: { 'content-type': PROTOBUF, ...headers },
  });
}

describe.each([
  [PROTOBUF, ''],
  [JSON_TYPE, '{}'],
])('%s', (type, empty) => {
  const headers = { 'content-type': type };
  const refusalOf = (response: { rawPayload: Buffer; headers: Record<string, unknown> }) => {
    expect(response.headers['content-type']).toBe(type);
    if (type === JSON_TYPE) return JSON.parse(response.rawPayload.toString());
    const [, code, , length] = response.rawPayload;
    expect(response.rawPayload).toHaveLength(4 + length);
    return { code, message: response.rawPayload.subarray(4).toString() };
  };

  test('200 with an empty response when every span is on the log', async () => {
    const response = await post(appTo(acked).app, 'ab', headers);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe(type);
    expect(response.payload).toBe(empty);
  });

  test('200 without a span, and without a body', async () => {
    const { app } = appTo(() => Promise.reject(new Error('nothing to send')));
    expect((await post(app, '', headers)).statusCode).toBe(200);
    expect((await post(app, undefined, headers)).statusCode).toBe(200);
  });

  test('200 with partial success when some spans are rejected', async () => {
    const response = await post(appTo(acked).app, 'axxb', headers);
    expect(response.statusCode).toBe(200);
    expect(response.rawPayload.toString('latin1')).toContain('x marks the spot');
    if (type === JSON_TYPE) expect(response.json().partialSuccess.rejectedSpans).toBe('2');
    else expect([...response.rawPayload.subarray(2, 4)]).toEqual([0x08, 2]);
  });

  test('400 for malformed bytes, not retriable', async () => {
    const response = await post(appTo(acked).app, 'a!', headers);
    expect(response.statusCode).toBe(400);
    expect(response.headers['retry-after']).toBeUndefined();
    expect(refusalOf(response)).toEqual({ code: 3, message: 'not OTLP' });
  });

  test('413 for a body over the bound', async () => {
    const response = await post(appTo(acked).app, 'a'.repeat(LIMIT + 1), headers);
    expect(response.statusCode).toBe(413);
    expect(refusalOf(response).code).toBe(3);
    expect((await post(appTo(acked).app, 'a'.repeat(LIMIT), headers)).statusCode).toBe(200);
  });

  test('503 with Retry-After when one partition fails, though the other has its spans', async () => {
    const send: Send = async ([record]) => {
      if (record.partition === 1) throw new Error('leader gone');
      return [];
    };
    const { app, door } = appTo(send);
    const response = await post(app, 'ab', headers);
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('1');
    expect(refusalOf(response)).toEqual({ code: 14, message: 'the log has not acknowledged the spans' });
    expect((await post(app, 'b', headers)).statusCode).toBe(200);
    await vi.waitUntil(() => door.budget.inFlight === 0);
  });

  test('503 with Retry-After while draining, and the connection closes', async () => {
    const response = await post(appTo(acked, { draining: () => true }).app, 'a', headers);
    expect(response.statusCode).toBe(503);
    expect(response.headers).toMatchObject({ 'retry-after': '5', connection: 'close' });
    expect(refusalOf(response).code).toBe(14);
  });
});

describe('content coding', () => {
  const body = 'spans '.repeat(30).replace(/s /g, 'n ');
  test.each([
    ['gzip', zlib.gzipSync(body)],
    ['zstd', zlib.zstdCompressSync(body)],
    ['deflate', zlib.deflateSync(body)],
    ['identity', Buffer.from(body)],
  ])('%s is read', async (coding, payload) => {
    const sent: string[] = [];
    const { app } = appTo(async (records) => {
      sent.push(Buffer.from(records[0].value as Uint8Array).toString('latin1'));
      return [];
    });
    const response = await post(app, payload, { 'content-encoding': coding });
    expect(response.statusCode).toBe(200);
    expect(sent.join()).toContain([...body].filter((c) => c.charCodeAt(0) % 2 === 0).join(''));
  });

  test('415 for another coding, with those that are known', async () => {
    const response = await post(appTo(acked).app, 'a', { 'content-encoding': 'br' });
    expect(response.statusCode).toBe(415);
    expect(response.headers['accept-encoding']).toBe('gzip, zstd, deflate');
    expect(response.headers['content-type']).toBe(PROTOBUF);
  });

  test('400 for damaged gzip, 413 for what grows over the bound', async () => {
    const { app, door } = appTo(acked);
    const packed = zlib.gzipSync('abc');
    const gzip = { 'content-encoding': 'gzip' };
    expect((await post(app, packed.subarray(0, packed.length - 4), gzip)).statusCode).toBe(400);
    expect((await post(app, zlib.gzipSync(Buffer.alloc(LIMIT, 'a')), gzip)).statusCode).toBe(200);
    expect((await post(app, zlib.gzipSync(Buffer.alloc(LIMIT + 1, 'a')), gzip)).statusCode).toBe(413);
    await vi.waitUntil(() => door.budget.inFlight === 0);
  });
});

describe('what is not an export', () => {
  test.each(['text/plain', 'application/grpc', '', 'nonsense', 'application/'])(
    '415 for type %j',
    async (type) => {
      const response = await post(appTo(acked).app, 'a', { 'content-type': type });
      expect(response.statusCode).toBe(415);
      expect(response.json()).toMatchObject({ code: 3, message: expect.stringContaining('Content-Type') });
    },
  );

  test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'] as const)('405 for %s', async (method) => {
    const response = await appTo(acked).app.inject({ method, url: '/v1/traces' });
    expect(response.statusCode).toBe(405);
    expect(response.headers.allow).toBe('POST');
  });

  test.each(['/v1/metric', '/', '/v1/traces/', '/v1/traces%2f', '/%'])('404 or 400 for %s', async (url) => {
    const response = await appTo(acked).app.inject({
      method: 'POST',
      url,
      payload: 'a',
      headers: { 'content-type': PROTOBUF },
    });
    expect([404, 400]).toContain(response.statusCode);
    expect(response.headers['content-type']).toBe(PROTOBUF);
  });
});

describe('lengths', () => {
  test('an absurd Content-Length is 413 at once', async () => {
    const response = await post(appTo(acked).app, 'a', { 'content-length': '9'.repeat(18) });
    expect(response.statusCode).toBe(413);
  });

  test('a Content-Length that is wrong is 400', async () => {
    expect((await post(appTo(acked).app, 'abc', { 'content-length': '4' })).statusCode).toBe(400);
    expect((await post(appTo(acked).app, 'abc', { 'content-length': '2' })).statusCode).toBe(400);
    expect((await post(appTo(acked).app, 'abc', { 'content-length': 'x' })).statusCode).toBe(400);
  });
});

describe('bytes in flight', () => {
  test('429 to the client that holds its share, 503 to all when the total is held, 200 once it is free', async () => {
    const held = Promise.withResolvers<readonly ProduceAck[]>();
    const { app, door } = appTo(() => held.promise, { budget: new ByteBudget(100, 60) });
    const first = post(app, 'a'.repeat(60));
    await vi.waitUntil(() => door.budget.inFlight === 60);
    const busy = await post(app, 'a');
    expect([busy.statusCode, busy.headers['retry-after']]).toEqual([429, '1']);
    const second = app.inject({
      method: 'POST',
      url: '/v1/traces',
      payload: 'a'.repeat(40),
      headers: { 'content-type': PROTOBUF },
      remoteAddress: '10.0.0.2',
    });
    await vi.waitUntil(() => door.budget.inFlight === 100);
    const full = await post(app, 'a');
    expect([full.statusCode, full.headers['retry-after']]).toEqual([503, '1']);
    held.resolve([]);
    expect([(await first).statusCode, (await second).statusCode]).toEqual([200, 200]);
    await vi.waitUntil(() => door.budget.inFlight === 0);
    expect((await post(app, 'a')).statusCode).toBe(200);
  });

  test('every answer gives its bytes back', async () => {
    const { app, door } = appTo(acked);
    for (const payload of ['a', '!', 'x', '', 'a'.repeat(LIMIT), 'a'.repeat(LIMIT + 1)])
      await post(app, payload);
    for (const coding of ['gzip', 'br', 'zstd']) await post(app, 'abc', { 'content-encoding': coding });
    await vi.waitUntil(() => door.budget.inFlight === 0);
  });
});

test('a bug is 500 without its message, and is reported', async () => {
  const { app, door } = appTo(acked, {
    split: () => {
      throw new Error('secret');
    },
  });
  const response = await post(app, 'a', { 'content-type': JSON_TYPE });
  expect(response.statusCode).toBe(500);
  expect(response.json()).toEqual({ code: 13, message: 'internal error' });
  expect(bugs.splice(0)).toHaveLength(1);
  await vi.waitUntil(() => door.budget.inFlight === 0);
});
