import type { AddressInfo } from 'node:net';
import zlib from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { OPEN_ACCESS } from '#infra/access/access.ts';
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
import { TWO_TENANTS } from './testing.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

/** An ingest that takes bodies of a few letters: `!` is malformed, `x` rejected, `b` a bug, `#` never acknowledged. */
async function world(access = OPEN_ACCESS) {
  const state = { draining: false, byFastify: 0, tenants: [] as string[], bugs: [] as string[] };
  const door: Omit<Door, 'signal'> = {
    budget: new ByteBudget(10_000, 5_000),
    batcher: new Batcher({
      async send(records) {
        if (records.some(({ value }) => Buffer.from(value ?? '').includes('#'))) throw new Error('no broker');
        return [];
      },
      now: () => 0,
      maxBytes: 1000,
      maxItems: 1000,
      recordOf: RECORD_OF.metrics,
      lingerMs: 0,
      ackTimeoutMs: 60_000,
      onAck: () => {},
    }),
    rate: new ByteRate(0, () => 0),
    decompressing: new Gate(1),
    maxBodyBytes: 1000,
    observer: { accepted: () => {}, refused: () => {} },
    draining: () => state.draining,
    split(body, _encoding, tenant) {
      state.tenants.push(tenant);
      if (body.includes('b')) throw new Error('a bug');
      if (body.includes('!')) return refused(malformed('not OTLP'));
      const rejected = body.includes('x') ? 1 : 0;
      const part = { partition: 0, service: 's', count: 1, otlp: Buffer.from(body) };
      return ok({
        parts: [part],
        accepted: 1,
        rejected,
        rejectedReason: rejected === 1 ? 'x marks the spot' : '',
        dropped: nothingDropped(),
      });
    },
  };
  const app = buildApp({
    doors: bySignal((signal) => ({ ...door, signal })),
    access,
    tls: undefined,
    prepare: async () => undefined,
    onDenied: () => {},
    onBug: ({ message }) => void state.bugs.push(message),
  });
  app.addHook('onRequest', async () => void state.byFastify++);
  await app.listen({ host: '127.0.0.1', port: 0 });
  closes.push(() => app.close());
  const { port } = app.server.address() as AddressInfo;

  /** The answer, and whether Fastify had to do with it. */
  const ask = async (path: string, init: RequestInit) => {
    const before = state.byFastify;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    const { date: _date, ...headers } = Object.fromEntries(response.headers);
    const body = Buffer.from(await response.arrayBuffer()).toString('latin1');
    return { answer: { status: response.status, headers, body }, byFastify: state.byFastify > before };
  };
  return { ask, state };
}

const post = (body: string | Buffer, headers: Record<string, string>): RequestInit => ({
  method: 'POST',
  body: body as RequestInit['body'],
  headers,
});

test('every answer of the short way is the one that Fastify gives', async () => {
  const { ask, state } = await world();
  await ask('/v1/traces', post('a', { 'content-type': PROTOBUF })); // prepares the tenant
  const bodies: [string | Buffer, Record<string, string>?][] = [
    ['a'],
    ['x'],
    ['!'],
    ['b'],
    ['#'],
    ['long'.repeat(300)],
    [''],
    [zlib.gzipSync('a'), { 'content-encoding': 'gzip' }],
    ['a', { 'content-encoding': 'gzip' }],
    ['a', { 'content-encoding': 'br' }],
  ];
  const statuses = new Set<number>();
  for (const path of ['/v1/traces', '/v1/metrics', '/v1/logs']) {
    for (const type of [PROTOBUF, JSON_TYPE]) {
      for (const [body, more] of bodies) {
        const short = await ask(path, post(body, { 'content-type': type, ...more }));
        // A parameter, which does not matter, is for Fastify to see.
        const long = await ask(path, post(body, { 'content-type': `${type};v=1`, ...more }));
        expect([short.byFastify, long.byFastify]).toEqual([false, true]);
        expect(short.answer).toEqual(long.answer);
        statuses.add(short.answer.status);
      }
    }
  }
  expect([...statuses].sort()).toEqual([200, 400, 413, 415, 500, 503]);
  expect(new Set(state.bugs)).toEqual(new Set(['a bug']));
});

test('what needs more than a door goes to Fastify', async () => {
  const { ask, state } = await world();
  const usual = { 'content-type': PROTOBUF };
  const first = await ask('/v1/traces', post('a', usual));
  expect(first).toMatchObject({ answer: { status: 200 }, byFastify: true }); // not prepared yet
  expect(await ask('/v1/traces?a=1', post('a', usual))).toMatchObject({
    answer: { status: 200 },
    byFastify: true,
  });
  expect(await ask('/v1/other', post('a', usual))).toMatchObject({
    answer: { status: 404 },
    byFastify: true,
  });
  expect(await ask('/v1/traces', { method: 'GET' })).toMatchObject({
    answer: { status: 405 },
    byFastify: true,
  });
  expect(await ask('/v1/traces', post('a', { 'content-type': 'text/plain' }))).toMatchObject({
    answer: { status: 415 },
    byFastify: true,
  });
  state.draining = true;
  expect(await ask('/v1/traces', post('a', usual))).toMatchObject({
    answer: { status: 503, headers: { connection: 'close' } },
    byFastify: true,
  });
});

test('a token’s tenant is the one whose telemetry it is; without a right one Fastify refuses', async () => {
  const { ask, state } = await world(TWO_TENANTS);
  const by = (authorization: string | undefined) =>
    ask('/v1/traces', post('a', { 'content-type': PROTOBUF, ...(authorization && { authorization }) }));
  for (const token of ['Bearer a', 'Bearer b']) {
    expect(await by(token)).toMatchObject({ answer: { status: 200 }, byFastify: true });
    expect(await by(token)).toMatchObject({ answer: { status: 200 }, byFastify: false });
  }
  expect(state.tenants).toEqual(['tenant-a', 'tenant-a', 'tenant-b', 'tenant-b']);
  for (const [token, status] of [
    [undefined, 401],
    ['Bearer c', 401],
    ['Bearer reader', 403],
  ] as const) {
    const { answer } = await by(token);
    expect(answer.status).toBe(status);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer /); // the guard's, before any hook of ours
  }
  expect(state.tenants.length).toBe(4);
});
