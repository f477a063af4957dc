/**
 * Every service, as the process that it is and under load, stopped by SIGTERM: exit 0 within the deadline, what it has
 * acknowledged is there, what is stored is committed, and the next one goes on where it was.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { engineEnvironment } from '#infra/clickhouse/embedded/environment.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { brokersOf, clickhouseUrlOf, urlOf } from '#infra/endpoints.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { silent } from '#infra/kafka/testing.ts';
import { type TemporaryPlace, temporaryPlace } from '#infra/stack/temporary.ts';
import { type ForkedProcess, forkProcess } from '#infra/testing/fork.ts';
import { until } from '#infra/testing/until.ts';
import { batchesOnLog, spanIdsOf } from '#producers/ingest/testing-process.ts';
import { decodeAs } from '#schemas/codec.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { postUntilAcknowledged } from '../support/otlp-client.ts';
import { exportOf, healthyTrace } from '../support/workload.ts';

const MAINS = {
  broker: 'infra/kafka/embedded/main.ts',
  engine: 'infra/clickhouse/embedded/main.ts',
  sink: 'sinks/main.ts',
  processor: 'processors/main.ts',
  ingest: 'producers/ingest/main.ts',
  api: 'sinks/api/main.ts',
} as const;
type Name = keyof typeof MAINS;

/** What `npm start` and the containers' orchestrators give a service. */
const DEADLINE_MS = 30_000;
const CLIENTS = 4;
const PAUSE_MS = 50;

let place: TemporaryPlace;
let kafka: Kafka;
let clickhouse: ClickHouse;
const running = new Map<Name, ForkedProcess>();

async function start(name: Name): Promise<void> {
  const { config, env } = place;
  const all = { ...env, KAFKA_BROKERS: brokersOf(config).join(), CLICKHOUSE_URL: clickhouseUrlOf(config) };
  const file = fileURLToPath(new URL(`../../${MAINS[name]}`, import.meta.url));
  const forked = forkProcess(file, name === 'engine' ? engineEnvironment(all) : all);
  running.set(name, forked);
  await forked.ready;
}

/** Exit code, or what it was not within the deadline. */
async function stopped(name: Name): Promise<unknown> {
  const forked = running.get(name)!;
  const late = setTimeout(() => forked.kill('SIGKILL'), DEADLINE_MS);
  const end = await forked.end('SIGTERM');
  clearTimeout(late);
  return end === 0 ? 0 : `${end}: ${forked.output().slice(-2_000)}`;
}

/** Ids of the spans that the ingest has acknowledged. */
const acknowledged = new Set<string>();
let going = true;
const clients: Promise<void>[] = [];

/** As exporters do: the same export again until it is acknowledged. */
async function client(number: number): Promise<void> {
  const url = urlOf(place.config, place.config.ATI_INGEST_PORT, '/v1/traces');
  for (let n = 0; going; n++) {
    const { spans } = healthyTrace(`shutdown-${number}-${n}`, Date.now() - 2_000);
    await postUntilAcknowledged(url, encodeTraces(exportOf(spans)));
    for (const { spanId } of spans) acknowledged.add(String(spanId));
    // A load, not all that the machine can do.
    await wait(PAUSE_MS);
  }
}

/** The load goes on: so many spans more are acknowledged. */
const more = async (spans = 500) => {
  const before = acknowledged.size;
  await until('the load goes on', () => acknowledged.size >= before + spans);
};

const onLog = async () => new Set(spanIdsOf(await batchesOnLog(brokersOf(place.config), '')));
const missing = (there: ReadonlySet<string>, ids: Iterable<string>) =>
  [...ids].filter((id) => !there.has(id)).length;

beforeAll(async () => {
  place = await temporaryPlace({
    ATI_PARTITIONS: '3',
    ATI_QUIET_GAP_MS: '500',
    ATI_EXPORT_DELAY_MS: '100',
    ATI_SINK_FLUSH_MS: '200',
    ATI_LOG_LEVEL: 'info',
  });
  await Promise.all([start('broker'), start('engine')]);
  await Promise.all([start('sink'), start('processor'), start('ingest')]);
  await start('api');
  kafka = await connectKafka({ brokers: brokersOf(place.config), clientId: 'test', log: silent });
  clickhouse = connectClickHouse({
    url: clickhouseUrlOf(place.config),
    database: place.config.CLICKHOUSE_DATABASE,
  });
  for (let i = 0; i < CLIENTS; i++) clients.push(client(i));
});

afterAll(async () => {
  going = false;
  // What a failed test has left without an ingest would be sent for ever.
  await Promise.race([Promise.allSettled(clients), wait(5_000)]);
  await clickhouse?.close();
  await kafka?.close();
  for (const forked of running.values()) await forked.end('SIGKILL');
  await place?.remove();
});

test('the ingest: whatever it has acknowledged is on the log', async () => {
  await more();
  expect(await stopped('ingest')).toBe(0);
  const acked = [...acknowledged];
  expect(missing(await onLog(), acked)).toBe(0);
  await start('ingest');
  await more();
});

test('the sink: what it has stored is committed, to the span, so that the next one stores nothing again', async () => {
  await until('it stores', async () => (await storedIds()).size > 500);
  expect(await stopped('sink')).toBe(0);
  const offsets = new Map(
    (await kafka.committed('ati-sink-spans', 'ati.spans')).map(({ partition, offset }) => [
      partition,
      offset,
    ]),
  );
  expect(offsets.size).toBe(3);
  const committed = new Set<string>();
  for (const [partition, offset] of offsets)
    for await (const { value } of kafka.read('ati.spans', partition, 0, offset)) {
      const batch = decodeAs('SpanBatch', value ?? Buffer.alloc(0));
      if (!batch.ok) throw new Error(batch.reason);
      for (const id of spanIdsOf([batch.value])) committed.add(id);
    }
  const stored = await storedIds();
  expect([missing(stored, committed), missing(committed, stored)]).toEqual([0, 0]);
  await start('sink');
});

test('the processor: no summary of a trace is written again by the next one', async () => {
  await until('it analyses', async () => (await summaries()).length > 20);
  expect(await stopped('processor')).toBe(0);
  const before = await summaries();
  await start('processor');
  await until('the next one analyses', async () => (await summaries()).length > before.length + 20);
  const all = await summaries();
  expect(all.length - new Set(all).size).toBe(0);
});

test('the query API: what it was asked is answered whole, a stream ends', async () => {
  const url = urlOf(place.config, place.config.ATI_API_PORT);
  const stream = await fetch(`${url}/v1/incidents/stream`);
  expect(stream.status).toBe(200);
  let asking = true;
  const answers = { whole: 0, refused: 0 };
  const ask = async () => {
    while (asking) {
      const response = await fetch(`${url}/v1/traces?limit=50`).catch(() => undefined);
      // Not a connection that is cut in the middle of an answer: that rejects here.
      if (response?.ok) await response.json().then(() => answers.whole++);
      else answers.refused++;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const asks = Promise.all([ask(), ask(), ask()]);
  await until('answers', () => answers.whole > 10);
  const end = await stopped('api');
  asking = false;
  await asks;
  expect(end).toBe(0);
  await stream.body?.pipeTo(new WritableStream()).catch(() => undefined);
  await start('api');
});

test('the engine: the sink waits for the next one', async () => {
  expect(await stopped('engine')).toBe(0);
  await more();
  await start('engine');
  await more();
});

test('the broker: whatever was acknowledged is on the next one; then all of it is stored, and nothing twice', async () => {
  expect(await stopped('broker')).toBe(0);
  const acked = [...acknowledged];
  await start('broker');
  expect(missing(await onLog(), acked)).toBe(0);
  await more();
  going = false;
  await Promise.all(clients);
  await until('all is stored', async () => missing(await storedIds(), acknowledged) === 0);
  const [row] = await clickhouse.query<{ rows: string; ids: string }>(
    'SELECT count() AS rows, uniqExact(TraceId, SpanId) AS ids FROM otel_traces FINAL',
  );
  expect(row.rows).toBe(row.ids);
  expect(Number(row.rows)).toBe(acknowledged.size);
  for (const name of ['api', 'ingest', 'processor', 'sink', 'engine', 'broker'] as const)
    expect(await stopped(name)).toBe(0);
});

async function storedIds(): Promise<Set<string>> {
  const rows = await clickhouse.query<{ id: string }>('SELECT DISTINCT SpanId AS id FROM otel_traces');
  return new Set(rows.map(({ id }) => id));
}

/** trace and revision of each summary, as they came. */
async function summaries(): Promise<string[]> {
  const found: string[] = [];
  for (const { partition } of await kafka.offsets('ati.traces'))
    for await (const { value } of kafka.read('ati.traces', partition, 0)) {
      const summary = decodeAs('TraceSummary', value ?? Buffer.alloc(0));
      if (!summary.ok) throw new Error(summary.reason);
      found.push(`${summary.value.traceId}/${summary.value.revision}`);
    }
  return found;
}
