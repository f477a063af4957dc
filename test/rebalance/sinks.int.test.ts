/** Two sinks on one log: one joins, one is killed, one is stopped and wakes up. Rows as one sink would have stored them. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { type SpawnedEngine, spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { ensureAtiTopics } from '#infra/kafka/ensure.ts';
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { type TestKafka, testKafka } from '#infra/kafka/testing.ts';
import { until } from '#infra/testing/until.ts';
import { type TopicKey, topicName } from '#infra/topics.ts';
import { runPipeline } from '#processors/testing/pipeline.ts';
import { encode } from '#schemas/codec.ts';
import { temporaryDirectory } from '#sinks/testing.ts';
import { startProcess, type TestProcess } from '#sinks/testing-process.ts';
import { PARTITIONS, partOf } from './workload.ts';

const PARTS = 3;
const START = Date.now() - 1_800_000;
/** Longer than the session of a sink. */
const STOPPED_MS = 8_000;
const TABLES = {
  spans: 'otel_traces',
  traces: 'ati_traces',
  signals: 'ati_signals',
  incidents: 'ati_incident_events',
} as const satisfies Partial<Record<TopicKey, string>>;
type Topic = keyof typeof TABLES;

let broker: TestKafka;
let engine: SpawnedEngine;
let clickhouse: ClickHouse;
let directory: { readonly path: string; remove(): Promise<void> };
const processes: TestProcess[] = [];

beforeAll(async () => {
  broker = await testKafka();
  directory = await temporaryDirectory();
  engine = await spawnEngine({ dataDir: directory.path });
  clickhouse = connectClickHouse({ url: engine.url });
});
afterEach(async () => {
  for (const each of processes.splice(0)) {
    each.kill('SIGCONT');
    await each.end('SIGKILL');
  }
});
afterAll(async () => {
  await clickhouse?.close();
  await engine?.stop();
  await broker?.close();
  await directory?.remove();
});

/**
 * What stands on the topics, record by record, in thirds. One run of the processors over all of it: three runs would each
 * give the same incidents' first revisions with other contents, and of such rows ClickHouse keeps whichever came last.
 */
function recordsInParts(): [Topic, OutgoingRecord][][] {
  const parts = Array.from({ length: PARTS }, (_, part) => partOf(part, START).batches);
  const { traces, signals, incidentBytes } = runPipeline(parts.flat(), { partitions: PARTITIONS });
  const placed = (topic: Topic, values: readonly Uint8Array[], part: number) =>
    values.flatMap((value, i): [Topic, OutgoingRecord][] =>
      Math.floor((i * PARTS) / values.length) === part ? [[topic, { partition: i % PARTITIONS, value }]] : [],
    );
  const summaries = traces.map((each) => encode('TraceSummary', each));
  const encodedSignals = signals.map((each) => encode('Signal', each));
  return parts.map((batches, part) => [
    ...batches.map(({ partition, batch }): [Topic, OutgoingRecord] => [
      'spans',
      { partition, value: encode('SpanBatch', batch) },
    ]),
    ...placed('traces', summaries, part),
    ...placed('signals', encodedSignals, part),
    ...placed('incidents', incidentBytes, part),
  ]);
}

class Installation {
  readonly #prefix = `${randomUUID().slice(0, 8)}.`;
  readonly #database = `ati_${this.#prefix.slice(0, -1)}`;

  async open(): Promise<this> {
    await ensureAtiTopics(broker.kafka, { ATI_TOPIC_PREFIX: this.#prefix, ATI_PARTITIONS: PARTITIONS });
    return this;
  }

  async join(): Promise<TestProcess> {
    const sink = await startProcess('sink', {
      KAFKA_BROKERS: broker.brokers.join(),
      ATI_PARTITIONS: String(PARTITIONS),
      ATI_TOPIC_PREFIX: this.#prefix,
      CLICKHOUSE_URL: engine.url,
      CLICKHOUSE_DATABASE: this.#database,
      // Many small inserts, so that one is under way whenever somebody dies.
      ATI_SINK_BATCH_ROWS: '100',
      ATI_SINK_FLUSH_MS: '20',
    });
    processes.push(sink);
    await sink.ready;
    return sink;
  }

  async send(records: readonly [Topic, OutgoingRecord][]): Promise<void> {
    const producer = await broker.kafka.producer();
    for (const [topic, record] of records) await producer.send(topicName(topic, this.#prefix), [record]);
    await producer.close();
  }

  /** Until every group has committed exactly the ends of its log. */
  async caughtUp(): Promise<void> {
    for (const topic of Object.keys(TABLES) as Topic[]) {
      const name = topicName(topic, this.#prefix);
      const ends = await broker.kafka.offsets(name);
      const expected = ends.map(({ partition, latest }) => [partition, latest === 0 ? -1 : latest]).sort();
      await until(
        `${topic} is stored and committed`,
        async () => {
          const committed = await broker.kafka.committed(`${this.#prefix}ati-sink-${topic}`, name);
          const positions = committed.map(({ partition, offset }) => [partition, offset]).sort();
          return JSON.stringify(positions) === JSON.stringify(expected);
        },
        120_000,
      );
    }
  }

  async stored(topic: Topic): Promise<number> {
    const [{ rows }] = await clickhouse.query<{ rows: string }>(
      `SELECT count() AS rows FROM ${this.#database}.${TABLES[topic]}`,
    );
    return Number(rows);
  }

  /** Of each table how many rows users count, and what they hold. */
  async tables(): Promise<Record<string, unknown>> {
    const tables: Record<string, unknown> = {};
    for (const table of Object.values(TABLES))
      [tables[table]] = await clickhouse.query(
        `SELECT count() AS rows, groupBitXor(cityHash64(* EXCEPT StoredAt)) AS content FROM ${this.#database}.${table} FINAL`,
      );
    return tables;
  }
}

test('one joins, one is killed, one is stopped for longer than its session and wakes up: the same rows, once each', async () => {
  const parts = recordsInParts();
  const calm = await new Installation().open();
  await calm.join();
  await calm.send(parts.flat());
  await calm.caughtUp();
  const expected = await calm.tables();
  for (const topic of Object.keys(TABLES) as Topic[])
    expect(await calm.stored(topic), topic).toBeGreaterThan(0);
  // Each event once: where two shared an identity, what is stored would depend on the order they came in.
  const events = parts.flat().filter(([topic]) => topic === 'incidents').length;
  expect(expected.ati_incident_events).toMatchObject({ rows: String(events) });

  const disturbed = await new Installation().open();
  const killed = await disturbed.join();
  const first = disturbed.send(parts[0]);
  await until('rows are stored', async () => (await disturbed.stored('spans')) > 0, 60_000);
  const zombie = await disturbed.join();
  await first;
  const before = await disturbed.stored('spans');
  const second = disturbed.send(parts[1]);
  await until('more rows are stored', async () => (await disturbed.stored('spans')) > before, 60_000);
  zombie.kill('SIGSTOP');
  const stoppedAt = performance.now();
  await killed.end('SIGKILL');
  const survivor = await disturbed.join();
  await second;
  await disturbed.caughtUp();
  await until('its session is long over', async () => performance.now() - stoppedAt > STOPPED_MS, 60_000);
  zombie.kill('SIGCONT');
  await disturbed.send(parts[2].slice(0, parts[2].length / 2));
  await disturbed.caughtUp();
  // It is alone now, and has to store by what it has heard since it woke up.
  expect(await survivor.end('SIGTERM')).toBe(0);
  await disturbed.send(parts[2].slice(parts[2].length / 2));
  await disturbed.caughtUp();
  expect(await disturbed.tables()).toEqual(expected);
  expect(await zombie.end('SIGTERM')).toBe(0);
});
