import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { type SpawnedEngine, spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { ensureAtiTopics } from '#infra/kafka/ensure.ts';
import type { KafkaRecord, OutgoingRecord } from '#infra/kafka/port.ts';
import { topicName } from '#infra/topics.ts';
import { encode } from '#schemas/codec.ts';
import type { OtlpMetric } from '#schemas/otlp/write-metrics.ts';
import { temporaryDirectory } from './testing.ts';
import { eventually, PARTITIONS, record, startBroker, type TestBroker } from './testing-broker.ts';
import { startProcess, type TestProcess } from './testing-process.ts';
import { logBatch, metricBatch, NANOS } from './testing-telemetry.ts';

let broker: TestBroker;
let directory: { path: string; remove(): Promise<void> };
let engine: SpawnedEngine;
let clickhouse: ClickHouse;
let run = 0;
let prefix: string;
let database: string;
const processes: TestProcess[] = [];

beforeAll(async () => {
  broker = await startBroker();
  directory = await temporaryDirectory();
  engine = await spawnEngine({ dataDir: directory.path });
  clickhouse = connectClickHouse({ url: engine.url });
});
beforeEach(async () => {
  run++;
  prefix = `run${run}.`;
  database = `ati_run${run}`;
  await ensureAtiTopics(broker.kafka, { ATI_TOPIC_PREFIX: prefix, ATI_PARTITIONS: PARTITIONS });
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.end('SIGKILL')));
});
afterAll(async () => {
  await clickhouse?.close();
  await engine?.stop();
  await broker?.stop();
  await directory?.remove();
});

async function start(env: Record<string, string> = {}): Promise<TestProcess> {
  const sink = await startProcess('sink', {
    KAFKA_BROKERS: broker.brokers.join(','),
    ATI_PARTITIONS: String(PARTITIONS),
    ATI_TOPIC_PREFIX: prefix,
    CLICKHOUSE_URL: engine.url,
    CLICKHOUSE_DATABASE: database,
    ATI_SINK_FLUSH_MS: '50',
    ...env,
  });
  processes.push(sink);
  await sink.ready;
  return sink;
}

async function produce(records: readonly OutgoingRecord[]): Promise<void> {
  const producer = await broker.kafka.producer();
  await producer.send(topicName('telemetry', prefix), records);
  await producer.close();
}

let next = 0n;
const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;
/** A metric of each kind with a point of its own time. */
const metrics = (): OtlpMetric[] =>
  KINDS.map((kind) => ({ name: `m.${kind}`, [kind]: { dataPoints: [{ timeUnixNano: NANOS + ++next }] } }));

/** Metrics and logs in turn, on all partitions; every third log record is the same as the one before it. */
function batches(count: number, each: number): OutgoingRecord[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 2 === 0)
      return record(i % PARTITIONS, 'MetricBatch', metricBatch(Array.from({ length: each }, metrics).flat()));
    const logs = Array.from({ length: each }, (_, n) => ({
      timeUnixNano: n % 3 === 2 ? NANOS + next : NANOS + ++next,
      eventName: 'tick',
    }));
    return record(i % PARTITIONS, 'LogBatch', logBatch(logs));
  });
}

const TABLES = [
  'otel_metrics_gauge',
  'otel_metrics_sum',
  'otel_metrics_histogram',
  'otel_metrics_exponential_histogram',
  'otel_metrics_summary',
  'otel_logs',
];

/** Rows of every table. */
async function counts(): Promise<number[]> {
  const selects = TABLES.map((table, i) => `SELECT ${i} AS i, count() AS n FROM ${database}.${table} FINAL`);
  const rows = await clickhouse.query<{ n: string }>(
    `SELECT n FROM (${selects.join(' UNION ALL ')}) ORDER BY i`,
  );
  return rows.map(({ n }) => Number(n));
}

async function committed(): Promise<boolean> {
  const topic = topicName('telemetry', prefix);
  const groups = await broker.kafka.committed(`${prefix}ati-sink-telemetry`, topic);
  const ends = await broker.kafka.offsets(topic);
  return ends.every(({ partition, latest }) =>
    groups.some((each) => each.partition === partition && Math.max(0, each.offset) === latest),
  );
}

test('kill -9 in mid-run, twice: no point and no record is lost or counted twice, in any table', async () => {
  await produce(batches(120, 30));
  for (const share of [0, 600]) {
    const sink = await start({ ATI_SINK_BATCH_ROWS: '100' });
    await eventually(counts, (rows) => rows.every((n) => n > share));
    await sink.end('SIGKILL');
  }
  await start();
  await eventually(committed, (done) => done);
  expect(await counts()).toEqual(TABLES.map(() => 60 * 30));
});

test('what cannot be decoded becomes a dead letter, what is beside it in the topic is stored', async () => {
  const sink = await start();
  const broken = encode('MetricBatch', { ...metricBatch(metrics()), otlp: Buffer.from([0x0a, 9]) });
  await produce([
    ...batches(2, 4),
    { partition: 0, value: broken },
    record(1, 'ClockMark', { source: { partition: 0, offset: 1, sequence: 1, clock: 1 } }),
    ...batches(2, 4),
  ]);
  await eventually(committed, (done) => done);
  expect(await counts()).toEqual([8, 8, 8, 8, 8, 8]);
  const reasons: string[] = [];
  for await (const letter of broker.kafka.read(topicName('deadLetters', prefix), 0, 0))
    reasons.push(reasonOf(letter));
  expect(reasons.sort()).toEqual([
    expect.stringMatching(/^expected MetricBatch or LogBatch, found ClockMark/),
    expect.stringMatching(/^length past the end of its message at byte 1$/),
  ]);
  const text = await (await fetch(`${sink.url}/metrics`)).text();
  for (const table of TABLES) expect(text).toContain(`ati_rows_written_total{table="${table}"} 8`);
});

const reasonOf = ({ headers }: KafkaRecord) => headers.reason.toString();
