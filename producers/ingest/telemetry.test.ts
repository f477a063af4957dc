/** The door of metrics and of logs, on a log in memory. */
import zlib from 'node:zlib';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { OPEN_ACCESS } from '#infra/access/access.ts';
import { readConfig } from '#infra/config.ts';
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { partitionOf } from '#schemas/murmur2.ts';
import { otlpJson } from '#schemas/otlp/testing-json.ts';
import { readLogs, readMetrics } from '#schemas/otlp/testing-read.ts';
import { encodeLogs } from '#schemas/otlp/write-logs.ts';
import { encodeMetrics } from '#schemas/otlp/write-metrics.ts';
import { buildIngest, type Ingest } from './ingest.ts';
import { hasher } from './salt.ts';
import { CANARY } from './testing.ts';
import {
  countOf,
  exampleLogs,
  exampleMetrics,
  POINTS_PER_SERVICE,
  telemetryBatch,
} from './testing-telemetry.ts';

const START = 1_700_000_000_000;
let built: Ingest | undefined;
afterEach(() => built?.app.close());

function ingest(env: Record<string, string> = {}) {
  const config = readConfig({ KAFKA_BROKERS: 'none:1', ATI_TOPIC_PREFIX: 'p.', ...env });
  if (!config.ok) throw new Error(config.message);
  const world = {
    failure: undefined as Error | undefined,
    records: [] as OutgoingRecord[],
    topics: new Set(),
  };
  built = buildIngest({
    config: config.config,
    log: pino({ level: 'silent' }),
    producer: {
      async send(topic, records) {
        if (world.failure !== undefined) throw world.failure;
        world.topics.add(topic);
        world.records.push(...records);
        return [];
      },
    },
    ping: async () => true,
    access: OPEN_ACCESS,
    hashes: { prepare: async () => {}, hashOf: () => hasher(Buffer.from('salt')) },
    now: () => START,
  });
  return { ...built, world };
}

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const metricsBody = encodeMetrics(exampleMetrics('agents', 'tools'));
const logsBody = encodeLogs(exampleLogs(4, 'agents', 'tools'));

describe.each([
  {
    url: '/v1/metrics',
    body: metricsBody,
    json: otlpJson(exampleMetrics('agents', 'tools')),
    each: POINTS_PER_SERVICE,
    items: 'data points',
    rejectedField: 'rejectedDataPoints',
    counter: 'ati_data_points_accepted_total',
    signal: 'metrics',
  },
  {
    url: '/v1/logs',
    body: logsBody,
    json: otlpJson(exampleLogs(4, 'agents', 'tools')),
    each: 4,
    items: 'log records',
    rejectedField: 'rejectedLogRecords',
    counter: 'ati_log_records_accepted_total',
    signal: 'logs',
  },
])('$url', ({ url, body, json, each, items, rejectedField, counter, signal }) => {
  const post = (app: Ingest['app'], payload: Uint8Array | string, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url,
      payload: Buffer.from(payload),
      headers: { 'content-type': PROTOBUF, ...headers },
    });

  test('a record for each service on ati.telemetry, key and partition by its name, stamped by our clock', async () => {
    const { app, world } = ingest();
    const response = await post(app, body);
    expect([response.statusCode, response.rawPayload.length]).toEqual([200, 0]);
    expect([...world.topics]).toEqual(['p.ati.telemetry']);
    const seen = world.records.map(({ key, partition, value }) => {
      const batch = telemetryBatch(value);
      expect(partition).toBe(partitionOf(Buffer.from(batch.service), 4));
      return [key, batch.service, batch.tenant, batch.receivedAt, countOf(batch)];
    });
    expect(seen.sort()).toEqual([
      ['agents', 'agents', 'default', START, each],
      ['tools', 'tools', 'default', START, each],
    ]);
  });

  test('JSON and every coding give the same bytes on the log', async () => {
    const onLog = async (payload: Uint8Array | string, headers: Record<string, string>) => {
      const { app, world } = ingest();
      expect((await post(app, payload, headers)).statusCode).toBe(200);
      await built?.app.close();
      return world.records.map(({ value }) => Buffer.from(value ?? []).toString('hex')).sort();
    };
    const plain = await onLog(body, {});
    expect(await onLog(json, { 'content-type': JSON_TYPE })).toEqual(plain);
    expect(await onLog(zlib.gzipSync(body), { 'content-encoding': 'gzip' })).toEqual(plain);
    expect(await onLog(zlib.zstdCompressSync(body), { 'content-encoding': 'zstd' })).toEqual(plain);
  });

  test('content is on no record; what was dropped is counted', async () => {
    const { app, world } = ingest();
    const before = await seriesOf(app, `ati_attributes_dropped_total{what="content"}`);
    await post(app, body);
    await post(app, json, { 'content-type': JSON_TYPE });
    expect(world.records.length).toBeGreaterThan(0);
    for (const { value, key } of world.records)
      expect(Buffer.from(value ?? []).toString('latin1') + String(key)).not.toContain(CANARY);
    expect(await seriesOf(app, `ati_attributes_dropped_total{what="content"}`)).toBeGreaterThan(before);
  });

  test('metrics tell what was accepted and written', async () => {
    const { app } = ingest();
    const batches = `ati_telemetry_batches_produced_total{signal="${signal}"}`;
    const before = [await seriesOf(app, counter), await seriesOf(app, batches)];
    await post(app, body);
    expect((await seriesOf(app, counter)) - before[0]).toBe(2 * each);
    expect((await seriesOf(app, batches)) - before[1]).toBe(2);
  });

  test('malformed: 400 with a reason, nothing kept; what is no export: 415, 405, 413', async () => {
    const { app, world } = ingest({ ATI_MAX_BODY_BYTES: '100000' });
    const cut = await post(app, body.subarray(0, body.length - 3));
    expect(cut.statusCode).toBe(400);
    expect(cut.rawPayload.toString('latin1')).toContain(`not an OTLP ${signal} export`);
    const noJson = await post(app, `{"${CANARY}`, { 'content-type': JSON_TYPE });
    expect(noJson.statusCode).toBe(400);
    expect(noJson.json().message).toBe(`not an OTLP ${signal} export in JSON: body: not JSON`);
    expect((await post(app, body, { 'content-type': 'text/plain' })).statusCode).toBe(415);
    expect((await post(app, body, { 'content-encoding': 'br' })).statusCode).toBe(415);
    expect((await post(app, Buffer.alloc(100_001))).statusCode).toBe(413);
    const get = await app.inject({ method: 'GET', url });
    expect([get.statusCode, get.headers.allow]).toEqual([405, 'POST']);
    expect(world.records).toEqual([]);
  });

  test('as many items as allowed pass, one more is 400', async () => {
    const allowed = String(2 * each);
    expect((await post(ingest({ ATI_MAX_SPANS_PER_REQUEST: allowed }).app, body)).statusCode).toBe(200);
    await built?.app.close();
    const { app } = ingest({ ATI_MAX_SPANS_PER_REQUEST: String(2 * each - 1) });
    const refusal = await post(app, body);
    expect(refusal.statusCode).toBe(400);
    expect(refusal.rawPayload.toString('latin1')).toContain(`more than ${2 * each - 1} ${items}`);
  });

  test('503 with Retry-After while the log does not acknowledge, 200 when it does', async () => {
    const { app, world } = ingest();
    world.failure = new Error('leader gone');
    const away = await post(app, body, { 'content-type': PROTOBUF });
    expect([away.statusCode, away.headers['retry-after']]).toEqual([503, '1']);
    expect(away.rawPayload.toString('latin1')).toContain(`the log has not acknowledged the ${items}`);
    world.failure = undefined;
    expect((await post(app, body)).statusCode).toBe(200);
    expect(world.records).toHaveLength(2);
  });

  test('what is rejected is told in partial success, in the words of this signal', async () => {
    const { app, world } = ingest();
    const big = { ...JSON.parse(json) };
    const list = signal === 'metrics' ? big.resourceMetrics : big.resourceLogs;
    list[0].resource.attributes.push({ key: 'host.name', value: { stringValue: 'h' } });
    // One array of allowed numbers that no record can hold.
    const values = Array.from({ length: 200_000 }, () => ({ doubleValue: 1 }));
    const attribute = { key: 'ati.stream.token_offsets_ms', value: { arrayValue: { values } } };
    const members = signal === 'metrics' ? list[0].scopeMetrics[0].metrics : list[0].scopeLogs[0].logRecords;
    (signal === 'metrics' ? members[0].gauge.dataPoints[0] : members[0]).attributes.push(attribute);
    const response = await post(app, JSON.stringify(big), { 'content-type': JSON_TYPE });
    expect(response.statusCode).toBe(200);
    expect(response.json().partialSuccess).toEqual({
      [rejectedField]: '1',
      errorMessage: `larger than ${512 << 10} bytes with what encloses it (1 ${items.slice(0, -1)})`,
    });
    const counts = world.records.map(({ value }) => countOf(telemetryBatch(value)));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2 * each - 1);
  });
});

test('an export of a service over the size of a record is several records, none over it', async () => {
  const { app, world } = ingest();
  const [one] = exampleLogs(1, 'agents').resourceLogs;
  const record = {
    ...one.scopeLogs?.[0].logRecords?.[0],
    attributes: [['host.name', 'h'.repeat(250)]] as const,
  };
  const logRecords = Array.from({ length: 6_000 }, () => record);
  const payload = encodeLogs({ resourceLogs: [{ ...one, scopeLogs: [{ logRecords }] }] });
  const response = await app.inject({
    method: 'POST',
    url: '/v1/logs',
    payload: Buffer.from(payload),
    headers: { 'content-type': PROTOBUF },
  });
  expect(response.statusCode).toBe(200);
  expect(world.records.length).toBeGreaterThan(3);
  for (const { value } of world.records) expect(value?.length).toBeLessThan((512 << 10) + 200);
  const counts = world.records.map(({ value }) => countOf(telemetryBatch(value)));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(6_000);
});

test('bodies of log records are kept where ATI_ALLOW_LOG_BODIES says so, and nothing else more', async () => {
  const { app, world } = ingest({ ATI_ALLOW_LOG_BODIES: 'true' });
  await app.inject({
    method: 'POST',
    url: '/v1/logs',
    payload: Buffer.from(encodeLogs(exampleLogs(1, 'agents'))),
    headers: { 'content-type': PROTOBUF },
  });
  const [{ scopeLogs = [] }] = readLogs(telemetryBatch(world.records[0].value).otlp).resourceLogs;
  const { body, ...rest } = scopeLogs[0].logRecords?.[0] ?? {};
  expect(body).toBe(`a person said ${CANARY}`);
  expect(JSON.stringify(rest, (_, value) => String(value))).not.toContain(CANARY);
});

test('every kind of metric arrives with its numbers', async () => {
  const { app, world } = ingest();
  await app.inject({
    method: 'POST',
    url: '/v1/metrics',
    payload: Buffer.from(encodeMetrics(exampleMetrics('agents'))),
    headers: { 'content-type': PROTOBUF },
  });
  const [{ scopeMetrics = [] }] = readMetrics(telemetryBatch(world.records[0].value).otlp).resourceMetrics;
  expect(scopeMetrics[0].metrics).toMatchObject([
    { name: 'queue.length', unit: '{call}', gauge: { dataPoints: [{ asInt: 4n }] } },
    {
      name: expect.stringMatching(/^hashed:/),
      sum: { isMonotonic: true, dataPoints: [{ asInt: 9n }, { asDouble: 1.5 }] },
    },
    {
      name: 'duration',
      histogram: { dataPoints: [{ bucketCounts: [1n, 2n], explicitBounds: [5], sum: 7.5 }] },
    },
    { exponentialHistogram: { dataPoints: [{ scale: -2, positive: { offset: -4, bucketCounts: [300n] } }] } },
    { summary: { dataPoints: [{ quantileValues: [{ quantile: 0.5, value: 1.5 }] }] } },
  ]);
});

test('404 names the three paths', async () => {
  const { app } = ingest();
  const response = await app.inject({
    method: 'POST',
    url: '/v1/spans',
    headers: { 'content-type': JSON_TYPE },
  });
  expect(response.statusCode).toBe(404);
  for (const path of ['/v1/traces', '/v1/metrics', '/v1/logs'])
    expect(response.json().message).toContain(path);
});

async function seriesOf(app: Ingest['app'], series: string): Promise<number> {
  const text = (await app.inject({ url: '/metrics' })).payload;
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}
