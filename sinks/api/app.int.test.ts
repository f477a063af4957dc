import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { schemaById, subjects, subjectVersions } from '#schemas/registry.ts';
import { traces } from '../projections/traces.ts';
import { startDatabase, store, type TestDatabase, traceSummary } from '../testing.ts';
import type { Api } from './deps.ts';
import { apiOver, get } from './testing.ts';

interface OpenApiOperation {
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly description?: string;
  }[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

let db: TestDatabase;
let api: Api;

beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db);
  await store(db, traces, 'TraceSummary', [traceSummary()]);
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

describe('SQL', () => {
  const sql = (payload: unknown) =>
    api.inject({ method: 'POST', url: '/v1/sql', payload: payload as object });

  test('a read of our tables', async () => {
    const response = await sql({ query: 'SELECT RootAgent, SpanCount FROM ati_traces FINAL' });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ data: [{ RootAgent: 'planner', SpanCount: 2 }], rows: 1 });
  });

  test.each([
    ['JSONEachRow', '{"n":1}\n', /json/],
    ['CSV', '"n"\n1\n', /csv/],
    ['TSV', 'n\n1\n', /tab-separated/],
  ])('as %s', async (format, body, type) => {
    const response = await sql({ query: 'SELECT toUInt8(1) AS n', format });
    expect([response.statusCode, response.body]).toEqual([200, body]);
    expect(response.headers['content-type']).toMatch(type);
  });

  test.each([
    'otel_traces FINAL',
    'ati_traces FINAL',
    'ati_signals FINAL',
    'ati_incident_events FINAL',
    'ati_incidents',
    'otel_logs FINAL',
    'otel_metrics_gauge FINAL',
    'otel_metrics_sum FINAL',
    'otel_metrics_histogram FINAL',
    'otel_metrics_exponential_histogram FINAL',
    'otel_metrics_summary FINAL',
  ])('FROM %s', async (table) => {
    const response = await sql({ query: `SELECT count() AS n FROM ${table}`, format: 'TSV' });
    expect(response.body).toBe(`n\n${table === 'ati_traces FINAL' ? 1 : 0}\n`);
  });

  test('what the documentation of the Collector’s ClickHouse exporter asks of its tables', async () => {
    const recent = `toStartOfFiveMinutes(Timestamp) >= toStartOfFiveMinutes(NOW() - INTERVAL 1 HOUR)
      AND Timestamp >= NOW() - INTERVAL 1 HOUR`;
    const newest = 'ORDER BY (toStartOfFiveMinutes(Timestamp), Timestamp) DESC LIMIT 100';
    const logs = (condition: string) =>
      `SELECT Timestamp as log_time, Body FROM otel_logs WHERE ${condition} AND ${recent} ${newest};`;
    for (const query of [
      `SELECT toDateTime(toStartOfInterval(Timestamp, INTERVAL 60 second)) as time, SeverityText, count() as count
       FROM otel_logs WHERE ${recent} GROUP BY SeverityText, time ORDER BY time;`,
      logs("ServiceName = 'clickhouse-exporter'"),
      logs("LogAttributes['container_name'] = '/example_flog_1'"),
      logs("hasToken(Body, 'http')"),
      logs("Body like '%http%'"),
      logs("match(Body, 'http')"),
      logs("JSONExtractFloat(Body, 'bytes') > 1000"),
      "select TimeUnix,MetricName,Attributes,Value from otel_metrics_sum where MetricName='calls' limit 100",
      `select TimeUnix,MetricName,Attributes,Value from otel_metrics_sum
       where MetricName='calls' and Attributes['service_name']='featureflagservice' limit 100`,
    ]) {
      const response = await sql({ query });
      expect([query, response.statusCode, response.json().rows]).toEqual([query, 200, 0]);
    }
  });

  test('nested columns are there to be read', async () => {
    const response = await sql({
      query:
        'SELECT p.Role AS role, sum(p.EndNs - p.StartNs) AS ns FROM ati_traces FINAL ARRAY JOIN Path AS p GROUP BY role',
      format: 'TSV',
    });
    expect(response.body).toBe('role\tns\nworkflow\t9\n');
  });

  test.each([
    ['DROP TABLE ati_traces', 'refused'],
    ['SELECT 1; SELECT 2', 'refused'],
    ["SELECT file('/etc/passwd')", 'refused'],
    ['SELECT * FROM system.processes', 'refused'],
    ['SELECT nothing FROM ati_traces', 'query_failed'],
    ['SELEC 1', 'refused'],
    ['SELECT throwIf(1)', 'refused'],
    ['SELECT number FROM numbers(200000)', 'too_expensive'],
  ])('%s', async (query, code) => {
    const response = await sql({ query });
    expect(response.statusCode).toBe(400);
    const { error } = response.json();
    expect(error.message.length).toBeGreaterThan(10);
    expect(error.message).not.toMatch(/\bat .*\.ts|node_modules/);
    expect(error.code).toBe(code);
  });

  test.each([
    [{}, /^query: /],
    [{ query: '' }, /^query: /],
    [{ query: 'SELECT 1', format: 'Native' }, /^format: /],
  ])('%j is told what is wrong', async (body, message) => {
    const response = await sql(body);
    expect(response.statusCode).toBe(400);
    expect(response.json().error.message).toMatch(message);
  });

  test('a body that is no JSON', async () => {
    const response = await api.inject({
      method: 'POST',
      url: '/v1/sql',
      headers: { 'content-type': 'application/json' },
      payload: '{"query"',
    });
    expect(response.statusCode).toBe(400);
    expect(response.json().error.code).toBe('bad_request');
  });
});

describe('schema registry', () => {
  test('a message’s schema by its id, as Kafka tools ask for it', async () => {
    const { status, body, headers } = await get(api, '/schemas/ids/1');
    expect(status).toBe(200);
    expect(body).toEqual({ schema: schemaById(1, 'test.')?.schema });
    expect(headers['content-type']).toMatch('application/vnd.schemaregistry.v1+json');
  });

  test('subjects and their versions', async () => {
    const all = (await get(api, '/subjects')).body;
    expect(all).toEqual(subjects('test.'));
    for (const subject of all) {
      const versions = (await get(api, `/subjects/${subject}/versions`)).body;
      expect(versions).toEqual(subjectVersions(subject, 'test.').map(({ version }) => version));
      const latest = (await get(api, `/subjects/${subject}/versions/latest`)).body;
      expect((await get(api, `/subjects/${subject}/versions/${versions.at(-1)}`)).body).toEqual(latest);
      expect((await get(api, `/schemas/ids/${latest.id}`)).body.schema).toBe(latest.schema);
    }
  });

  test.each([
    ['/schemas/ids/9999', 40403],
    ['/subjects/nobody/versions', 40401],
    ['/subjects/nobody/versions/1', 40401],
    ['/subjects/test.ati.spans-ati.SpanBatch/versions/99', 40402],
  ])('%s', async (url, code) => {
    expect(await get(api, url)).toMatchObject({
      status: 404,
      body: { error_code: code, error: { code: 'not_found' } },
    });
  });
});

describe('the house', () => {
  test('OpenAPI names every route, and what may come back', async () => {
    const { body } = await get(api, '/docs/json');
    expect(Object.keys(body.paths).sort()).toEqual([
      '/schemas/ids/{id}',
      '/subjects',
      '/subjects/{subject}/versions',
      '/subjects/{subject}/versions/{version}',
      '/v1/attribution',
      '/v1/critical-path',
      '/v1/incidents',
      '/v1/incidents/stream',
      '/v1/incidents/{id}',
      '/v1/incidents/{id}/events',
      '/v1/incidents/{id}/{action}',
      '/v1/logs',
      '/v1/metrics',
      '/v1/metrics/names',
      '/v1/operations',
      '/v1/sql',
      '/v1/traces',
      '/v1/traces/{id}',
      '/v1/traces/{id}/insights',
    ]);
    const list = body.paths['/v1/incidents'].get;
    expect(list.parameters.map(({ name }: { name: string }) => name)).toContain('severity');
    expect(list.responses['200'].content['application/json'].schema.properties).toHaveProperty('incidents');
    expect((await api.inject('/docs')).statusCode).toBe(200);
  });

  test('every parameter is described, every answer said, the SQL example runs', async () => {
    const { paths } = (await get(api, '/docs/json')).body;
    const operations = Object.entries<Record<string, OpenApiOperation>>(paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, ...operation })),
    );
    const undescribed = operations.flatMap(({ path, parameters = [] }) =>
      parameters
        .filter((parameter) => parameter.in === 'query' && !parameter.description)
        .map((parameter) => `${path} ${parameter.name}`),
    );
    expect(undescribed).toEqual([]);
    const answers = operations.flatMap(({ responses }) => Object.values(responses));
    expect(answers.map(({ description }) => description)).not.toContain('Default Response');

    const { example } = paths['/v1/sql'].post.requestBody.content['application/json'];
    const response = await api.inject({ method: 'POST', url: '/v1/sql', payload: example });
    expect([response.statusCode, response.json().meta.length]).toEqual([200, 2]);
  });

  test('/docs is without the top bar of Swagger UI', async () => {
    expect((await api.inject('/docs')).body).toContain('theme/ati.css');
    expect((await api.inject('/docs/static/theme/ati.css')).body).toMatch(/\.topbar.*display: none/);
  });

  test.each([
    '/v1/incidents?bogus=1',
    '/v1/incidents?limit=5&bogus=1',
    '/v1/incidents/stream?bogus=1',
    '/v1/traces?bogus=1',
    `/v1/traces/${'a'.repeat(32)}?bogus=1`,
    `/v1/traces/${'a'.repeat(32)}/insights?bogus=1`,
    '/v1/critical-path?bogus=1',
    '/v1/attribution?bogus=1',
    '/v1/operations?bogus=1',
    '/v1/metrics?bogus=1',
    '/v1/metrics/names?bogus=1',
    '/v1/logs?bogus=1',
    `/v1/incidents/${'a'.repeat(32)}?bogus=1`,
  ])('%s: the unknown parameter is named', async (url) => {
    const { status, body } = await get(api, url);
    expect([status, body.error.code]).toEqual([400, 'bad_request']);
    expect(body.error.message).toMatch(/"bogus"$/);
  });

  test.each([
    ['/v1/incidents?limit=abc', 'limit: must be a whole number'],
    ['/v1/incidents?limit=1.5', 'limit: must be a whole number'],
    ['/v1/operations?stepSeconds=x', 'stepSeconds: must be a whole number'],
    [`/v1/traces/${'a'.repeat(32)}?spans=all`, 'spans: must be a whole number'],
    ['/v1/traces?minDurationMs=x', 'minDurationMs: must be a number'],
    ['/schemas/ids/x', 'id: must be a whole number'],
    ['/subjects/any/versions/x', 'version: must be a whole number from 1, or `latest`'],
  ])('%s: %s', async (url, message) => {
    expect(await get(api, url)).toMatchObject({ status: 400, body: { error: { message } } });
  });

  test('the index links to what there is', async () => {
    const { body } = await get(api, '/');
    for (const link of Object.keys(body.links).filter(
      (path) => path.startsWith('/') && !path.endsWith('stream'),
    )) {
      expect([link, (await api.inject(link)).statusCode]).toEqual([link, 200]);
    }
    const page = await api.inject({ url: '/', headers: { accept: 'text/html' } });
    expect(page.headers['content-type']).toMatch('text/html');
    expect(page.body).toContain('href="/docs"');
  });

  test('ops routes', async () => {
    expect((await get(api, '/health')).body).toEqual({ status: 'ok', reasons: [] });
    expect((await api.inject('/metrics')).body).toContain('process_cpu');
  });

  test('what is not there', async () => {
    expect(await get(api, '/v1/nothing?secret=1')).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', message: 'nothing at GET /v1/nothing: see /docs' } },
    });
  });

  test('the stream without Kafka', async () => {
    expect(await get(api, '/v1/incidents/stream')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '2' },
    });
  });

  test('a database that is not migrated', async () => {
    const bare = await apiOver({ ...db, database: 'nowhere' });
    const { status, body, headers } = await get(bare, '/v1/incidents');
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect(body.error.message).toMatch('not prepared yet');
    await bare.close();
  });

  test('a database that lacks the newest column', async () => {
    await db.clickhouse.command('CREATE DATABASE behind');
    await db.clickhouse.command(`CREATE TABLE behind.ati_traces AS ${db.database}.ati_traces`);
    await db.clickhouse.command('ALTER TABLE behind.ati_traces DROP COLUMN Insights');
    const behind = await apiOver({ ...db, database: 'behind' });
    for (const url of [`/v1/traces/${'a'.repeat(32)}`, `/v1/traces/${'a'.repeat(32)}/insights`]) {
      expect(await get(behind, url)).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    }
    await behind.close();
  });

  test('ClickHouse away: 503 with Retry-After, and not ready', async () => {
    // The discard port of loopback: nobody listens there.
    const clickhouse = connectClickHouse({ url: 'http://127.0.0.1:9' });
    const away = await apiOver({ ...db, clickhouse });
    const lists = [
      'incidents',
      'traces',
      'operations',
      'metrics',
      'metrics?step=60',
      'metrics/names',
      'logs',
    ];
    for (const url of [...lists.map((list) => `/v1/${list}`), `/v1/traces/${'a'.repeat(32)}`]) {
      const { status, body, headers } = await get(away, url);
      expect([url, status, headers['retry-after']]).toEqual([url, 503, '5']);
      expect(body).toEqual({ error: { code: 'unavailable', message: 'ClickHouse does not answer' } });
    }
    const answer = await away.inject({ method: 'POST', url: '/v1/sql', payload: { query: 'SELECT 1' } });
    expect(answer.statusCode).toBe(503);
    expect(await get(away, '/ready')).toMatchObject({
      status: 503,
      body: { reasons: ['ClickHouse does not answer'] },
    });
    await away.close();
    await clickhouse.close();
  });
});
