import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { readConfig } from '#infra/config.ts';
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { metricsText } from '#infra/metrics.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { buildIngest, type Ingest } from './ingest.ts';
import { hasher } from './salt.ts';
import { CANARY, exampleTraces, spanBatch, TWO_TENANTS } from './testing.ts';

let built: Ingest | undefined;
afterEach(() => built?.app.close());

/** An ingest with tokens on a log in memory. `unusable`: tenants whose salt cannot be read. */
function ingest(env: Record<string, string> = {}, unusable: readonly string[] = []) {
  const config = readConfig({ KAFKA_BROKERS: 'none:1', ...env });
  if (!config.ok) throw new Error(config.message);
  const world = { now: 1_700_000_000_000, records: [] as OutgoingRecord[] };
  built = buildIngest({
    config: config.config,
    log: pino({ level: 'silent' }),
    producer: {
      async send(_topic, records) {
        world.records.push(...records);
        return [];
      },
    },
    ping: async () => true,
    access: TWO_TENANTS,
    hashes: {
      async prepare(tenant) {
        if (unusable.includes(tenant)) throw new Error('ENOSPC');
      },
      hashOf: (tenant) => hasher(Buffer.from(tenant)),
    },
    now: () => world.now,
  });
  return { ...built, world };
}

const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const body = encodeTraces(exampleTraces(6, 4));
const post = (app: Ingest['app'], headers: Record<string, string>, payload: Buffer = Buffer.from(body)) =>
  app.inject({ method: 'POST', url: '/v1/traces', payload, headers: { ...PROTOBUF, ...headers } });
const as = (who: string) => ({ authorization: `Bearer ${who}` });

describe('a request without a right token', () => {
  test.each([
    ['none', {}, 401, 16, 'Bearer realm="ati"'],
    ['an unknown one', as('x'), 401, 16, 'Bearer realm="ati", error="invalid_token"'],
    [
      'one that may only read',
      as('reader'),
      403,
      7,
      'Bearer realm="ati", error="insufficient_scope", scope="ingest"',
    ],
  ])(
    '%s: a Status in the encoding of the request, and the challenge',
    async (_, headers, status, code, challenge) => {
      const { app, world } = ingest();
      const protobuf = await post(app, headers);
      expect(protobuf.statusCode).toBe(status);
      expect(protobuf.headers['content-type']).toBe(PROTOBUF['content-type']);
      expect([...protobuf.rawPayload.subarray(0, 2)]).toEqual([0x08, code]);
      expect(protobuf.headers['www-authenticate']).toBe(challenge);
      const json = await post(app, { ...headers, 'content-type': 'application/json' });
      expect(json.json()).toMatchObject({ code });
      expect(world.records).toEqual([]);
    },
  );

  test('costs no decompression and no bytes in flight: a body that is no gzip is not found out', async () => {
    const { app } = ingest();
    const bad = { 'content-encoding': 'gzip' };
    expect((await post(app, bad, Buffer.from('no gzip'))).statusCode).toBe(401);
    expect((await post(app, { ...bad, ...as('a') }, Buffer.from('no gzip'))).statusCode).toBe(400);
    expect((await post(app, {}, Buffer.alloc(20 << 20))).statusCode).toBe(401);
  });

  test.each(['/v1/metrics', '/v1/logs', '/v1/other', '/metrics'])('POST and GET %s: 401', async (url) => {
    const { app } = ingest();
    for (const method of ['GET', 'POST'] as const)
      expect((await app.inject({ method, url })).statusCode).toBe(401);
  });

  test.each(['/live', '/ready', '/health'])('%s needs none', async (url) => {
    expect((await ingest().app.inject(url)).statusCode).not.toBe(401);
  });

  test('is counted', async () => {
    const { app } = ingest();
    const count = async () =>
      Number(/^ati_requests_denied_total\{code="401"\} (\d+)/m.exec((await metricsText()).body)?.[1] ?? 0);
    const before = await count();
    await post(app, {});
    expect(await count()).toBe(before + 1);
  });
});

test('the token says whose spans they are: two tenants at once are never in one batch, and hash differently', async () => {
  const { app, world } = ingest();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => post(app, as(i % 2 === 0 ? 'a' : 'b'))),
  );
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 200));
  const spans = { 'tenant-a': 0, 'tenant-b': 0 };
  const hash = (tenant: string) => hasher(Buffer.from(tenant));
  const secret = Buffer.from(JSON.stringify({ q: CANARY }));
  for (const { value } of world.records) {
    const { tenant, spanCount, otlp } = spanBatch(value);
    spans[tenant as keyof typeof spans] += spanCount;
    const other = tenant === 'tenant-a' ? 'tenant-b' : 'tenant-a';
    expect(Buffer.from(otlp).includes(hash(tenant)(secret))).toBe(true);
    expect(Buffer.from(otlp).includes(hash(other)(secret))).toBe(false);
  }
  expect(spans).toEqual({ 'tenant-a': 240, 'tenant-b': 240 });
});

test('a tenant beyond its rate gets 429 and Retry-After, before its body is read; another does not', async () => {
  const { app, world } = ingest({ ATI_INGEST_BYTES_PER_SECOND: String(body.length) });
  expect((await post(app, as('a'))).statusCode).toBe(200);
  const refused = await post(app, { ...as('a'), 'content-encoding': 'gzip' }, Buffer.from('no gzip'));
  expect(refused.statusCode).toBe(429);
  expect(refused.headers['retry-after']).toBe('1');
  expect([...refused.rawPayload.subarray(0, 2)]).toEqual([0x08, 8]);
  expect((await post(app, as('b'))).statusCode).toBe(200);
  world.now += 1_000;
  expect((await post(app, as('a'))).statusCode).toBe(200);
});

test('a tenant whose salt cannot be made is told to come again, and nothing of it is taken', async () => {
  const { app, world } = ingest({}, ['tenant-b']);
  const refused = await post(app, as('b'));
  expect(refused.statusCode).toBe(503);
  expect(refused.headers['retry-after']).toBe('5');
  expect(world.records).toEqual([]);
  expect((await post(app, as('a'))).statusCode).toBe(200);
});
