import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { OPEN_ACCESS } from '#infra/access/access.ts';
import { type Config, readConfig } from '#infra/config.ts';
import type { OutgoingRecord, ProduceAck } from '#infra/kafka/port.ts';
import { otlpJson } from '#schemas/otlp/testing-json.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { buildIngest, type Ingest } from './ingest.ts';
import { hasher } from './salt.ts';
import { CANARY, exampleTraces, spanBatch } from './testing.ts';

const START = 1_700_000_000_000;
let built: Ingest | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await built?.app.close();
});

function configOf(env: Record<string, string> = {}): Config {
  const read = readConfig({ KAFKA_BROKERS: 'none:1', ...env });
  if (!read.ok) throw new Error(read.message);
  return read.config;
}

/** An ingest on a log in memory. `world` is what the test may change. */
function ingest(env: Record<string, string> = {}, hash = hasher(Buffer.from('salt')), access = OPEN_ACCESS) {
  const world = {
    now: START,
    reachable: true,
    appendTime: () => world.now,
    failure: undefined as Error | undefined,
    records: [] as { topic: string; record: OutgoingRecord }[],
    lines: '',
  };
  const send = async (topic: string, records: readonly OutgoingRecord[]): Promise<readonly ProduceAck[]> => {
    if (world.failure !== undefined) throw world.failure;
    for (const record of records) world.records.push({ topic, record });
    return [{ partition: 0, baseOffset: 0, logAppendTime: world.appendTime() }];
  };
  const sink = new Writable({
    write(chunk, _encoding, done) {
      world.lines += chunk.toString();
      done();
    },
  });
  built = buildIngest({
    config: configOf(env),
    log: pino({ level: 'trace' }, sink),
    producer: { send },
    ping: async () => world.reachable,
    access,
    hashes: { prepare: async () => {}, hashOf: () => hash },
    now: () => world.now,
  });
  return { ...built, world };
}

const post = (app: Ingest['app'], payload: Uint8Array | string, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: '/v1/traces',
    payload: Buffer.from(payload),
    headers: { 'content-type': 'application/x-protobuf', ...headers },
  });
const JSON_TYPE = { 'content-type': 'application/json' };
const body = encodeTraces(exampleTraces(6, 4));

/** Partition, tenant, count and bytes of what is on the log. */
const onLog = (world: ReturnType<typeof ingest>['world']) =>
  world.records
    .map(({ topic, record }) => {
      const { otlp, ...rest } = spanBatch(record.value);
      return { topic, partition: record.partition, ...rest, otlp: Buffer.from(otlp).toString('hex') };
    })
    .sort((a, b) => (a.partition ?? 0) - (b.partition ?? 0));

test('spans are on ati.spans as SpanBatches of the default tenant, stamped by our clock', async () => {
  const { app, world } = ingest({ ATI_TOPIC_PREFIX: 'p.' });
  expect((await post(app, body)).statusCode).toBe(200);
  const batches = onLog(world);
  expect(batches.reduce((sum, { spanCount }) => sum + spanCount, 0)).toBe(24);
  for (const batch of batches)
    expect(batch).toMatchObject({ topic: 'p.ati.spans', tenant: 'default', receivedAt: START });
});

test('protobuf and JSON of the same export are the same bytes on the log', async () => {
  const one = ingest();
  await post(one.app, body);
  const fromProtobuf = onLog(one.world);
  await one.app.close();
  const two = ingest();
  expect((await post(two.app, otlpJson(exampleTraces(6, 4)), JSON_TYPE)).statusCode).toBe(200);
  expect(onLog(two.world)).toEqual(fromProtobuf);
});

test('what clients must not tell is on no record and in no log line, whatever becomes of the request', async () => {
  const { app, world } = ingest();
  await post(app, body);
  world.failure = new Error('leader gone');
  const answers = [
    await post(app, body),
    await post(app, CANARY),
    await post(app, `{"resourceSpans":"${CANARY}"}`, JSON_TYPE),
    await post(app, `{"${CANARY}`, JSON_TYPE),
    await post(app, CANARY, { 'content-type': CANARY }),
    await post(app, CANARY, { 'content-encoding': CANARY }),
    await app.inject({ method: 'POST', url: `/${CANARY}?q=${CANARY}` }),
  ];
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([503, 400, 400, 400, 415, 415, 404]);
  expect(answers.map(({ payload }) => payload).join()).not.toContain(CANARY);
  expect(world.lines).toContain('export refused');
  expect(world.lines).not.toContain(CANARY);
  for (const { record } of world.records)
    expect(Buffer.from(record.value ?? []).toString('latin1')).not.toContain(CANARY);
  expect(world.records.length).toBeGreaterThan(0);
});

test('a bug is logged by its place, without its message', async () => {
  const { app, world } = ingest({}, () => {
    throw new Error(CANARY);
  });
  const response = await post(app, body);
  expect(response.statusCode).toBe(500);
  expect(response.payload).not.toContain(CANARY);
  expect(world.lines).toContain('because of a bug');
  expect(world.lines).toContain('ingest.test.ts');
  expect(world.lines).not.toContain(CANARY);
});

const readiness = async (app: Ingest['app']) => {
  const response = await app.inject({ url: '/ready' });
  return { status: response.statusCode, reasons: response.json().reasons.join() };
};

test('ready and live from the start', async () => {
  const { app } = ingest();
  expect(await readiness(app)).toEqual({ status: 200, reasons: '' });
  expect((await app.inject({ url: '/live' })).statusCode).toBe(200);
  expect((await app.inject({ url: '/health' })).statusCode).toBe(200);
});

test('unready while no broker answers', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  const { app, world } = ingest();
  world.reachable = false;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await readiness(app)).toEqual({ status: 503, reasons: 'no Kafka broker answers' });
  world.reachable = true;
  await vi.advanceTimersByTimeAsync(2_000);
  expect((await readiness(app)).status).toBe(200);
});

test('unready while the log refuses to append, ready again after a success', async () => {
  const { app, world } = ingest();
  world.failure = new Error('NOT_ENOUGH_REPLICAS');
  const refusal = await post(app, body);
  expect([refusal.statusCode, refusal.headers['retry-after']]).toEqual([503, '1']);
  expect(await readiness(app)).toEqual({
    status: 503,
    reasons: 'the log does not acknowledge: NOT_ENOUGH_REPLICAS',
  });
  world.failure = undefined;
  expect((await post(app, body)).statusCode).toBe(200);
  expect((await readiness(app)).status).toBe(200);
});

test('unready while our clock and the broker’s differ by more than two seconds', async () => {
  const { app, world } = ingest();
  world.appendTime = () => world.now + 2_000;
  await post(app, body);
  expect((await readiness(app)).status).toBe(200);
  world.appendTime = () => world.now + 2_001;
  expect((await post(app, body)).statusCode).toBe(200); // it is on the log, so it is acknowledged
  expect(await readiness(app)).toMatchObject({
    status: 503,
    reasons: expect.stringContaining('the clock here is'),
  });
  world.appendTime = () => world.now;
  await post(app, body);
  expect((await readiness(app)).status).toBe(200);
});

test('draining: unready, new requests refused, nothing lost of what is in flight', async () => {
  const { app, drain, flush, ready, world } = ingest();
  const inFlight = post(app, body);
  await inFlight;
  const drained = drain();
  expect(ready()).toEqual({ ok: false, reasons: ['shutting down'] });
  await drained;
  await flush();
  expect(onLog(world).reduce((sum, { spanCount }) => sum + spanCount, 0)).toBe(24);
});

test('metrics tell what was accepted, rejected and dropped', async () => {
  const { app } = ingest();
  const before = await seriesOf(app, 'ati_spans_accepted_total');
  await post(app, body);
  expect((await seriesOf(app, 'ati_spans_accepted_total')) - before).toBe(24);
  expect(await seriesOf(app, 'ati_attributes_dropped_total{what="statusMessages"}')).toBeGreaterThan(0);
  expect(await seriesOf(app, 'ati_ingest_requests_total{code="200"}')).toBeGreaterThan(0);
});

async function seriesOf(app: Ingest['app'], series: string): Promise<number> {
  const text = (await app.inject({ url: '/metrics' })).payload;
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

test('limits that contradict each other are a clear sentence', () => {
  expect(() => ingest({ ATI_MAX_IN_FLIGHT_BYTES: '1000', ATI_MAX_BODY_BYTES: '1001' })).toThrow(
    'ATI_MAX_IN_FLIGHT_BYTES must be at least ATI_MAX_BODY_BYTES',
  );
  ingest({ ATI_MAX_IN_FLIGHT_BYTES: '1001', ATI_MAX_BODY_BYTES: '1001' });
});
