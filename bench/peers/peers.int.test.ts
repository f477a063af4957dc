/** The same log through ours and both peers, as processes on one broker and engine: the same rows and incidents. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CorpusRecord, spanLog } from '#bench/corpus/span-log.ts';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { type SpawnedEngine, spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import { type SpawnedBroker, spawnBroker } from '#infra/kafka/embedded/spawn.ts';
import { ensureAtiTopics } from '#infra/kafka/ensure.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { createLog } from '#infra/log.ts';
import { freePort } from '#infra/ports.ts';
import { type ForkedProcess, forkProcess } from '#infra/testing/fork.ts';
import { until } from '#infra/testing/until.ts';
import { topicName } from '#infra/topics.ts';
import { runPipeline } from '#processors/testing/pipeline.ts';
import { decodeAs } from '#schemas/codec.ts';
import { writeJsonLog } from './naive/write-log.ts';

const PARTITIONS = 2;
const SPANS = topicName('spans');
const JSON_SPANS = 'naive-spans';

const corpus: readonly CorpusRecord[] = [
  ...spanLog({
    seed: 11,
    traces: 120,
    partitions: PARTITIONS,
    startMs: Date.now() - 200_000,
    spansPerSecond: 500,
    failing: 0.1,
  }),
];

let directory: string;
let broker: SpawnedBroker;
let engine: SpawnedEngine;
let kafka: Kafka;
let clickhouse: ClickHouse;
const processes: ForkedProcess[] = [];

function run(file: string, env: Record<string, string>): Promise<void> {
  const forked = forkProcess(fileURLToPath(new URL(file, import.meta.url)), {
    PATH: process.env.PATH,
    KAFKA_BROKERS: broker.brokers.join(','),
    CLICKHOUSE_URL: engine.url,
    ATI_PARTITIONS: String(PARTITIONS),
    ATI_TICKS: 'false',
    ATI_DATA_DIR: directory,
    ATI_LOG_LEVEL: 'warn',
    ...env,
  });
  processes.push(forked);
  return forked.ready;
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'ati-peers-'));
  [broker, engine] = await Promise.all([
    spawnBroker({ dataDir: directory }),
    spawnEngine({ dataDir: directory }),
  ]);
  kafka = await connectKafka({ brokers: broker.brokers, clientId: 'test', log: createLog('test', 'silent') });
  clickhouse = connectClickHouse({ url: engine.url });
  await ensureAtiTopics(kafka, { ATI_TOPIC_PREFIX: '', ATI_PARTITIONS: PARTITIONS });
  const producer = await kafka.producer({ compression: 'zstd' });
  for (const { partition, value } of corpus) await producer.send(SPANS, [{ partition, value }]);
  await producer.close();
  await writeJsonLog(kafka, broker.brokers, SPANS, JSON_SPANS);
});

afterAll(async () => {
  await Promise.all(processes.map((each) => each.end('SIGKILL')));
  await clickhouse?.close();
  await kafka?.close();
  await Promise.all([broker?.stop(), engine?.stop()]);
  await rm(directory, { recursive: true, force: true });
});

/** Tables with what tells where on the log a row is from: another place on a log of single spans. */
const TABLES: Record<string, readonly string[]> = {
  otel_traces: [],
  ati_traces: ['SourceOffset'],
  ati_signals: ['SourceOffset'],
  ati_incident_events: [],
};

async function countsOf(database: string): Promise<Record<string, number>> {
  const counts = Object.keys(TABLES).map(
    (table) => `(SELECT count() FROM ${database}.${table} FINAL) AS ${table}`,
  );
  const [row] = await clickhouse.query<Record<string, string>>(`SELECT ${counts.join(', ')}`);
  return Object.fromEntries(Object.entries(row).map(([table, count]) => [table, Number(count)]));
}

/** A hash over all rows of a table, whatever their order; all columns but when it was stored, and `without`. */
async function hashOf(database: string, table: string, without: readonly string[]): Promise<string> {
  const except = ['StoredAt', ...without].join(', ');
  const [{ hash }] = await clickhouse.query<{ hash: string }>(
    `SELECT toString(groupBitXor(cityHash64(toString(tuple(*))))) AS hash FROM (SELECT * EXCEPT (${except}) FROM ${database}.${table} FINAL)`,
  );
  return hash;
}

/** What there will be, by table: both stages in memory, in the log's time. */
function expectedCounts(): Record<string, number> {
  const placed = corpus.map(({ partition, value }) => {
    const batch = decodeAs('SpanBatch', value);
    if (!batch.ok) throw new Error(batch.reason);
    return { partition, batch: batch.value };
  });
  const until = Math.max(...corpus.map(({ receivedAt }) => receivedAt));
  const { traces, signals, incidents } = runPipeline(placed, { partitions: PARTITIONS, until });
  return {
    otel_traces: corpus.reduce((sum, record) => sum + record.spans, 0),
    ati_traces: traces.length,
    ati_signals: signals.length,
    ati_incident_events: incidents.length,
  };
}

test('naive and idiomatic store the same spans, traces, signals and incidents as ours', async () => {
  const expected = expectedCounts();
  expect(expected.ati_incident_events).toBeGreaterThan(4);
  const ports = { ATI_PROCESSOR_PORT: String(await freePort()), ATI_SINK_PORT: String(await freePort()) };
  const peer = (name: string, topic: string) =>
    run(`./${name}/main.ts`, {
      CLICKHOUSE_DATABASE: name,
      BENCH_TOPIC: topic,
      BENCH_PREFIX: `${name}.`,
      BENCH_STAGE: 'all',
    });
  await Promise.all([
    run('../../processors/main.ts', ports),
    run('../../sinks/main.ts', { ...ports, CLICKHOUSE_DATABASE: 'ours' }),
    peer('naive', JSON_SPANS),
    peer('idiomatic', SPANS),
  ]);
  for (const database of ['ours', 'naive', 'idiomatic'])
    await until(`${JSON.stringify(expected)} in ${database}`, async () =>
      isDeepStrictEqual(await countsOf(database), expected),
    );
  for (const [table, places] of Object.entries(TABLES)) {
    const hash = await hashOf('ours', table, []);
    expect([table, await hashOf('idiomatic', table, [])]).toEqual([table, hash]);
    const placeless = await hashOf('ours', table, places);
    expect([table, await hashOf('naive', table, places)]).toEqual([table, placeless]);
  }
  const ends = await Promise.all(processes.map((each) => each.end('SIGTERM')));
  expect(ends).toEqual([0, 0, 0, 0]);
});
