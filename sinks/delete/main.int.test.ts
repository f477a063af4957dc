import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replayTablesOf } from '#infra/clickhouse/beside.ts';
import { lockDirectory } from '#infra/data-lock.ts';
import {
  hex,
  incidentEvent,
  spanBatch,
  startDatabase,
  type TestDatabase,
  temporaryDirectory,
  traceSummary,
} from '../testing.ts';
import { eventually, PARTITIONS, record, startBroker, type TestBroker } from '../testing-broker.ts';
import { startProcess, type TestProcess } from '../testing-process.ts';

const [ONE, TWO, OTHER] = [hex(1, 32), hex(2, 32), hex(3, 32)];

let broker: TestBroker;
let db: TestDatabase;
let sink: TestProcess;
let env: Record<string, string>;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  [broker, db, directory] = await Promise.all([startBroker(), startDatabase(), temporaryDirectory()]);
  env = {
    KAFKA_BROKERS: broker.brokers.join(','),
    CLICKHOUSE_URL: db.url,
    CLICKHOUSE_DATABASE: db.database,
    ATI_TOPIC_PREFIX: broker.prefix,
    ATI_PARTITIONS: String(PARTITIONS),
    ATI_TTL_DAYS: '36500',
    ATI_SINK_FLUSH_MS: '50',
    ATI_DATA_DIR: directory.path,
  };
  sink = await startProcess('sink', env);
  await sink.ready;
});
afterAll(async () => {
  await sink?.end('SIGTERM');
  await db?.stop();
  await broker?.stop();
  await directory?.remove();
});

function run(
  program: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const file = path.join(import.meta.dirname, '..', program, 'main.ts');
    execFile(
      process.execPath,
      [file, ...args],
      { env: { ...process.env, ...env } },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

const span = (traceId: string) => ({
  traceId,
  spanId: traceId.slice(16),
  name: 'step',
  startTimeUnixNano: 1n,
  endTimeUnixNano: 2n,
});

async function traces(table: string): Promise<string[]> {
  const rows = await db.clickhouse.query<{ row: string }>(
    `SELECT DISTINCT concat(TenantId, ' ', TraceId) AS row FROM ${table} FINAL ORDER BY row`,
  );
  return rows.map(({ row }) => row);
}

test('a trace, then a tenant: out of every table, and a replay of the log brings neither back', async () => {
  await broker.produce('spans', [
    record(0, 'SpanBatch', spanBatch([span(ONE), span(TWO)])),
    record(1, 'SpanBatch', spanBatch([span(OTHER)], { tenant: 'acme' })),
  ]);
  const summaries = [[ONE], [TWO], [OTHER, 'acme']].map(([traceId, tenant = 'default']) =>
    record(0, 'TraceSummary', traceSummary({ traceId, tenant })),
  );
  await broker.produce('traces', summaries);
  await broker.produce('incidents', [
    record(0, 'IncidentEvent', incidentEvent({ exemplarTraceIds: [ONE, TWO], evidenceTraceId: ONE })),
    record(0, 'IncidentEvent', incidentEvent({ tenant: 'acme' })),
  ]);
  const all = [`acme ${OTHER}`, `default ${ONE}`, `default ${TWO}`];
  await eventually(
    () => traces('otel_traces'),
    (found) => found.length === 3,
  );
  expect(
    await eventually(
      () => traces('ati_traces'),
      (found) => found.length === 3,
    ),
  ).toEqual(all);

  const dry = await run('delete', ['trace', ONE, '--dry-run']);
  expect([dry.code, dry.stdout]).toEqual([
    0,
    expect.stringMatching(/otel_traces +1\n[\s\S]*dry run: nothing was deleted/),
  ]);
  expect(await traces('otel_traces')).toEqual(all);

  const one = await run('delete', ['trace', ONE]);
  expect([one.code, one.stderr]).toEqual([0, expect.any(String)]);
  expect(one.stdout).toContain(`deleted: 2 rows of trace ${ONE} of tenant default`);
  expect(await traces('otel_traces')).toEqual([`acme ${OTHER}`, `default ${TWO}`]);
  expect(await traces('ati_traces')).toEqual([`acme ${OTHER}`, `default ${TWO}`]);
  const [incident] = await db.clickhouse.query(
    "SELECT ExemplarTraceIds AS ids, EvidenceTraceId AS evidence FROM ati_incident_events FINAL WHERE TenantId = 'default'",
  );
  expect(incident).toEqual({ ids: [TWO], evidence: '' });

  // What a killed replay has left may be swapped in by the next one.
  const left = replayTablesOf(db.database);
  await db.clickhouse.command(`CREATE DATABASE ${left}`);
  await db.clickhouse.command(`CREATE TABLE ${left}.ati_traces AS ${db.database}.ati_traces`);
  await db.clickhouse.command(`INSERT INTO ${left}.ati_traces SELECT * FROM ${db.database}.ati_traces`);
  // One that runs has read what was deleted before it began.
  mkdirSync(path.join(directory.path, 'replay'), { recursive: true });
  const lock = lockDirectory(path.join(directory.path, 'replay'));
  const busy = await run('delete', ['tenant', 'acme', '--yes']);
  expect([busy.code, busy.stderr]).toEqual([
    1,
    expect.stringContaining(`a replay, or another deletion, runs (process ${process.pid})`),
  ]);
  if (lock.ok) lock.release();
  const unasked = await run('delete', ['tenant', 'acme']);
  expect([unasked.code, unasked.stderr]).toEqual([1, expect.stringContaining('say --yes')]);
  const tenant = await run('delete', ['tenant', 'acme', '--yes']);
  expect([tenant.code, tenant.stdout]).toEqual([
    0,
    expect.stringContaining('deleted: 5 rows of tenant acme'),
  ]);
  for (const table of ['otel_traces', 'ati_traces']) expect(await traces(table)).toEqual([`default ${TWO}`]);

  expect(tenant.stdout).toMatch(new RegExp(`${left}\\.ati_traces +1\n`));
  expect(await traces(`${left}.ati_traces`)).toEqual([`default ${TWO}`]);

  for (const topic of ['spans', 'incidents']) {
    const replayed = await run('replay', ['--topic', topic]);
    expect(replayed.code, replayed.stdout + replayed.stderr).toBe(0);
  }
  for (const table of ['otel_traces', 'ati_traces']) expect(await traces(table)).toEqual([`default ${TWO}`]);
  const tenants = await db.clickhouse.query('SELECT DISTINCT TenantId AS tenant FROM ati_incident_events');
  expect(tenants).toEqual([{ tenant: 'default' }]);

  // What the tenant sends after its deletion is its own again.
  await broker.produce('spans', [
    record(2, 'SpanBatch', spanBatch([span(OTHER)], { tenant: 'acme', receivedAt: Date.now() + 1_000 })),
  ]);
  await eventually(
    () => traces('otel_traces'),
    (found) => found.includes(`acme ${OTHER}`),
  );
});

test.each([
  [['trace', 'xyz'], 'must be a trace id'],
  [['tenant', 'a b'], 'must be a tenant'],
  [[], 'Usage: npm run delete --'],
])('%j is refused', async (args, reason) => {
  const { code, stderr } = await run('delete', args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
});
