/** Content goes in by every door and is found nowhere: design §8. */
import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nothingDropped } from '#schemas/otlp/dropped.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { eventually } from '../support/otlp-client.ts';
import {
  BYTES,
  CANARY,
  group,
  LOG_RECORDS,
  loudLogs,
  loudMetrics,
  METRIC_POINTS,
  secret,
  talkative,
} from './canaries.ts';
import { jsonOf } from './otlp-json.ts';
import { Search } from './search.ts';

/** Topics of a Collector: theirs. */
const THEIRS = { traces: 'otlp_spans', metrics: 'otlp_metrics', logs: 'otlp_logs' } as const;

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({
    env: {
      ATI_OTLP_TRACES_TOPICS: THEIRS.traces,
      ATI_OTLP_METRICS_TOPICS: THEIRS.metrics,
      ATI_OTLP_LOGS_TOPICS: THEIRS.logs,
      ATI_LOG_LEVEL: 'trace',
    },
  });
});
afterAll(async () => {
  await installation?.stop();
  await installation?.remove();
});

const search = new Search(CANARY);

/** Posts once; the answer is looked through. */
async function post(
  path: string,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<number> {
  const response = await fetch(`${installation.ingestUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  search.text(`the answer to ${path}`, `${await response.text()} ${JSON.stringify([...response.headers])}`);
  return response.status;
}

const count = async (table: string, where: string, params: Record<string, unknown>) => {
  const [row] = await installation.clickhouse.query<{ n: string }>(
    `SELECT count() AS n FROM ${table} FINAL WHERE ${where}`,
    { params },
  );
  return Number(row.n);
};

const stored = (table: string, where: string, params: Record<string, unknown>, wanted: number) =>
  eventually(`${wanted} rows of ${table}`, async () =>
    (await count(table, where, params)) === wanted ? true : undefined,
  );

describe('content is let in nowhere', () => {
  test('by OTLP/HTTP: protobuf, gzip, zstd and JSON, traces, metrics and logs', async () => {
    const all = ['plain', 'gzipped', 'zstd', 'json'].map((name) => talkative(name));
    const [plain, gzipped, zstd, json] = all;
    expect(await post('/v1/traces', BYTES.traces(plain.traces))).toBe(200);
    expect(
      await post('/v1/traces', gzipSync(BYTES.traces(gzipped.traces)), { 'content-encoding': 'gzip' }),
    ).toBe(200);
    expect(
      await post('/v1/traces', zstdCompressSync(BYTES.traces(zstd.traces)), { 'content-encoding': 'zstd' }),
    ).toBe(200);
    const asJson = { 'content-type': 'application/json' };
    expect(await post('/v1/traces', jsonOf(json.traces), asJson)).toBe(200);
    expect(await post('/v1/metrics', BYTES.metrics(loudMetrics('by-http')))).toBe(200);
    expect(await post('/v1/logs', BYTES.logs(loudLogs('by-http')))).toBe(200);
    for (const { trace } of all)
      await stored('otel_traces', 'TraceId = {id:String}', { id: trace.traceId }, trace.spans.length);
    await stored('otel_logs', 'ServiceName = {s:String}', { s: 'by-http' }, LOG_RECORDS);
    const points =
      '(SELECT ServiceName FROM otel_metrics_gauge FINAL UNION ALL SELECT ServiceName FROM otel_metrics_sum FINAL UNION ALL SELECT ServiceName FROM otel_metrics_histogram FINAL UNION ALL SELECT ServiceName FROM otel_metrics_exponential_histogram FINAL UNION ALL SELECT ServiceName FROM otel_metrics_summary FINAL)';
    await eventually('the points', async () => {
      const [row] = await installation.clickhouse.query<{ n: string }>(
        `SELECT count() AS n FROM ${points} WHERE ServiceName = 'by-http'`,
      );
      return Number(row.n) === METRIC_POINTS ? true : undefined;
    });
  });

  test("from a Collector's Kafka topics, with records that cannot be read", async () => {
    const { kafka } = installation;
    const byKafka = talkative('by-kafka');
    const producer = await kafka.producer();
    const values = {
      traces: BYTES.traces(byKafka.traces),
      metrics: BYTES.metrics(loudMetrics('by-kafka')),
      logs: BYTES.logs(loudLogs('by-kafka')),
    };
    for (const [signal, topic] of Object.entries(THEIRS)) {
      await kafka.ensureTopics([{ name: topic, partitions: installation.config.ATI_PARTITIONS, config: {} }]);
      const value = values[signal as keyof typeof values];
      const headers = { baggage: secret('header') };
      await producer.send(
        topic,
        [value, Buffer.from(secret('no protobuf')), group()].map((each) => ({
          key: secret('key'),
          value: each,
          headers,
        })),
      );
    }
    await producer.close();
    await stored(
      'otel_traces',
      'TraceId = {id:String}',
      { id: byKafka.trace.traceId },
      byKafka.trace.spans.length,
    );
    await stored('otel_logs', 'ServiceName = {s:String}', { s: 'by-kafka' }, LOG_RECORDS);
    await eventually('six dead letters', async () => {
      const partitions = await kafka.offsets('ati.dead-letters');
      const letters = partitions.reduce((sum, { latest, earliest }) => sum + latest - earliest, 0);
      return letters === 6 ? true : undefined;
    });
  });

  test('by requests that are refused: what is wrong is said without what was sent', async () => {
    const text = { 'content-type': 'application/json' };
    expect(await post('/v1/traces', `{"resourceSpans": "${CANARY}`, text)).toBe(400);
    expect(
      await post('/v1/traces', `{"resourceSpans": [{"${CANARY}": 1, "scopeSpans": "${CANARY}"}]}`, text),
    ).toBe(400);
    expect(
      await post(
        '/v1/logs',
        `{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "${CANARY}"}]}]}]}`,
        text,
      ),
    ).toBe(400);
    expect(await post('/v1/traces', secret('no protobuf'))).toBe(400);
    expect(await post('/v1/traces', group())).toBe(400);
    expect(await post('/v1/traces', secret('no gzip'), { 'content-encoding': 'gzip' })).toBe(400);
    expect(await post('/v1/traces', 'x', { 'content-encoding': CANARY })).toBe(415);
    expect(await post('/v1/traces', 'x', { 'content-type': `text/${CANARY}` })).toBe(415);
    expect(
      await post(`/v1/${CANARY}?q=${CANARY}`, 'x', { baggage: `user=${CANARY}`, tracestate: `v=${CANARY}` }),
    ).toBe(404);
  });
});

describe('content is found nowhere', () => {
  test('in no topic, dead letter, table, log or file, no answer and no metric', async () => {
    await eventually('the summaries of five traces', async () =>
      (await count('ati_traces', '1', {})) >= 5 ? true : undefined,
    );
    await search.topics(installation);
    await search.tables(installation);
    const { config } = installation;
    for (const port of [
      config.ATI_INGEST_PORT,
      config.ATI_API_PORT,
      config.ATI_PROCESSOR_PORT,
      config.ATI_SINK_PORT,
    ])
      for (const path of ['metrics', 'ready', 'live'])
        search.text(
          `port ${port}: /${path}`,
          await fetch(`http://127.0.0.1:${port}/${path}`).then((answer) => answer.text()),
        );
    for (const path of ['traces?limit=100', 'incidents', 'logs', 'metrics', 'metrics/names', 'operations'])
      search.text(
        `the API: ${path}`,
        await fetch(`${installation.apiUrl}/v1/${path}`).then((answer) => answer.text()),
      );
    await search.files(installation, Object.values(THEIRS));
    expect(search.found).toEqual([]);
    // What was looked through is not nothing.
    expect(search.looked.records).toBeGreaterThan(20);
    expect(search.looked.rows).toBeGreaterThan(60);
    expect(search.looked.logs).toBeGreaterThanOrEqual(5);
    expect(search.looked.answers).toBeGreaterThan(30);
  });

  test('the search finds it where it is: in the topics of the Collector, whose content is theirs', async () => {
    const theirs = new Search(CANARY);
    await theirs.files(installation, []);
    expect(theirs.found.length).toBeGreaterThan(0);
    for (const place of theirs.found)
      expect(Object.values(THEIRS).some((topic) => place.includes(topic))).toBe(true);
    for (const form of [
      Buffer.from(secret('x')),
      Buffer.from(secret('x')).toString('hex'),
      Buffer.from(secret('x')).toString('base64'),
    ])
      expect(theirs.holds(form)).toBe(true);
    expect(theirs.holds('canary')).toBe(false);
  });

  test('every kind of what was kept back is counted in /metrics, and told in the log of the ingest', async () => {
    const metrics = await fetch(`${installation.ingestUrl}/metrics`).then((answer) => answer.text());
    const counted = [...metrics.matchAll(/^ati_attributes_dropped_total\{what="(\w+)"\} (\d+)$/gm)]
      .filter(([, , times]) => Number(times) > 0)
      .map(([, what]) => what);
    expect(counted.sort()).toEqual(Object.keys(nothingDropped()).sort());
    const log = readFileSync(`${installation.config.ATI_DATA_DIR}/logs/ingest.log`, 'utf8');
    expect(log).toMatch(/"keptBack":\{[^}]*"content":\d+/);
  });
});
