import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '#infra/config.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import { type SpawnedBroker, spawnBroker } from '#infra/kafka/embedded/spawn.ts';
import { ensureAtiTopics } from '#infra/kafka/ensure.ts';
import type { Kafka, Producer } from '#infra/kafka/port.ts';
import { freePort } from '#infra/ports.ts';
import type { ForkedProcess } from '#infra/testing/fork.ts';
import { until } from '#infra/testing/until.ts';
import { decodeAs, encode } from '#schemas/codec.ts';
import { configureDetectors } from '../detectors/registry.ts';
import { chainTrace, fanoutTrace, retryTrace } from '../detectors/testkit.ts';
import { settingsOf } from '../settings.ts';
import { exportsOf, merged } from '../testing/exports.ts';
import { type PlacedBatch, runPipeline } from '../testing/pipeline.ts';
import { incidentsOn, spawnProcessor } from '../testing/process.ts';
import { type Processor, startProcessor } from './processor.ts';
import { topicsOf } from './topics.ts';
import { WorkerPool } from './worker-pool.ts';

const PARTITIONS = 2;
const log = pino({ level: 'silent' });

let dataDir: string;
let broker: SpawnedBroker;
let kafka: Kafka;
let producer: Producer;
const processes: ForkedProcess[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ati-processor-'));
  broker = await spawnBroker({ dataDir });
  kafka = await connectKafka({ brokers: broker.brokers, clientId: 'test', log });
  producer = await kafka.producer();
});

afterAll(async () => {
  for (const each of processes) await each.end('SIGKILL');
  await producer?.close();
  await kafka?.close();
  await broker?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function configOf(prefix: string) {
  const read = readConfig({
    ATI_PARTITIONS: String(PARTITIONS),
    ATI_TOPIC_PREFIX: prefix,
    ATI_LOG_LEVEL: 'silent',
  });
  if (!read.ok) throw new Error(read.message);
  return read.config;
}

async function send(spans: string, batches: readonly PlacedBatch[]): Promise<void> {
  for (const { partition, batch } of batches)
    await producer.send(spans, [{ partition, value: encode('SpanBatch', batch) }]);
}

/** Empty batches that take every partition to a moment. */
const ticks = (receivedAt: number): PlacedBatch[] =>
  Array.from({ length: PARTITIONS }, (_, partition) => ({
    partition,
    batch: { tenant: '', receivedAt, spanCount: 0, otlp: new Uint8Array() },
  }));

/** What the same processors make of the log in memory. */
async function expectedOf(spans: string): Promise<string[]> {
  const batches: PlacedBatch[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++)
    for await (const record of kafka.read(spans, partition, 0)) {
      const batch = decodeAs('SpanBatch', record.value!);
      if (batch.ok) batches.push({ partition, batch: batch.value });
    }
  const { incidents, incidentBytes } = runPipeline(batches, { partitions: PARTITIONS, until: 0 });
  const order = (i: number) => `${incidents[i].incidentId} ${String(incidents[i].revision).padStart(6, '0')}`;
  return incidents
    .map((_, i) => i)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .map((i) => Buffer.from(incidentBytes[i]).toString('hex'));
}

async function inProcess(prefix: string, outputPrefix: string, onError: (error: unknown) => void) {
  const config = configOf(prefix);
  const settings = settingsOf(config);
  const detectors = configureDetectors();
  if (!detectors.ok) throw new Error(detectors.message);
  await ensureAtiTopics(kafka, { ...config, ATI_TOPIC_PREFIX: outputPrefix });
  return startProcessor({
    kafka,
    topics: topicsOf(prefix, outputPrefix),
    settings,
    detectors: detectors.detectors,
    pool: new WorkerPool(2, { assembly: settings.assembly, detectors: {} }),
    log,
    now: () => 0,
    ticks: false,
    onError,
    commitEveryMs: 200,
  });
}

async function stopped(processor: Processor): Promise<void> {
  await processor.drain();
  await processor.flush();
  await processor.commit();
  await processor.close();
}

const T = 1_790_000_000_000;
const runs = (names: readonly string[], startMs: number) =>
  merged(
    ...names.map((trace, n) => {
      const spans = [retryTrace(0.2), fanoutTrace(), chainTrace()][n % 3];
      return exportsOf(spans, {
        trace,
        startMs: startMs + n * 4_000,
        partitions: PARTITIONS,
        everyMs: 1_000,
      });
    }),
  );

describe('the processor on a broker', () => {
  it('spans in, incidents out; unreadable records are put aside; a stop and a start do nothing twice', async () => {
    const topics = topicsOf('a.');
    await ensureAtiTopics(kafka, configOf('a.'));
    await send(topics.spans, runs(['one', 'two', 'three'], T));
    await producer.send(topics.spans, [{ partition: 1, key: 'k', value: Buffer.from('junk') }]);
    let fault: unknown;
    const first = await inProcess('a.', 'a.', (error) => {
      fault = error;
    });
    await until(
      'a dead letter is there',
      async () => (await kafka.offsets(topics.deadLetters))[0].latest > 0,
      60_000,
    );
    await stopped(first);
    await send(topics.spans, ticks(T + 300_000));
    const second = await inProcess('a.', 'a.', (error) => {
      fault = error;
    });
    const expected = await expectedOf(topics.spans);
    expect(expected.length).toBeGreaterThanOrEqual(6);
    await until(
      'all incidents are there',
      async () => {
        expect(fault).toBeUndefined();
        return (await incidentsOn(kafka, topics.incidents, PARTITIONS)).length >= expected.length;
      },
      60_000,
    );
    const found = await incidentsOn(kafka, topics.incidents, PARTITIONS);
    expect(found.map((each) => each.hex)).toEqual(expected);
    await stopped(second);

    const letters = [];
    for await (const letter of kafka.read(topics.deadLetters, 0, 0)) letters.push(letter);
    expect(letters.length).toBe(1);
    expect(letters[0].value?.toString()).toBe('junk');
    const headers = Object.fromEntries(Object.entries(letters[0].headers).map(([k, v]) => [k, v.toString()]));
    expect(headers).toMatchObject({ step: 'decode', topic: topics.spans, partition: '1' });
    expect(headers.reason).toContain('truncated');
    expect(Number(headers.offset)).toBeGreaterThan(0);
  });

  it('killed twice in mid-run and started again: the same incidents; read again from offset 0: the same bytes', async () => {
    const prefix = 'b.';
    const topics = topicsOf(prefix);
    await ensureAtiTopics(kafka, configOf(prefix));
    const start = async () => {
      const spawned = await spawnProcessor({
        KAFKA_BROKERS: broker.brokers.join(),
        ATI_TOPIC_PREFIX: prefix,
        ATI_PARTITIONS: String(PARTITIONS),
        ATI_PROCESSOR_PORT: String(await freePort()),
        ATI_LOG_LEVEL: 'warn',
      });
      processes.push(spawned);
      return spawned;
    };
    // Just before now: the ticks of the real process take the clocks on from here.
    const [ack] = await producer.send(topics.spans, [
      { partition: 0, value: Buffer.from('what time is it') },
    ]);
    const now = ack.logAppendTime! - 120_000;
    const first = await start();
    await send(topics.spans, runs(['one', 'two', 'three'], now));
    await until(
      'something is out',
      async () => (await kafka.offsets(topics.signals)).some((p) => p.latest > 0),
      60_000,
    );
    await first.end('SIGKILL');
    await send(topics.spans, runs(['four', 'five', 'six'], now + 20_000));
    const second = await start();
    await until(
      'an incident is out',
      async () => (await incidentsOn(kafka, topics.incidents, PARTITIONS)).length > 0,
      60_000,
    );
    await second.end('SIGKILL');
    await send(topics.spans, runs(['seven', 'eight'], now + 40_000));
    const third = await start();
    const kinds = new Set(['retry_storm', 'fanout_collapse', 'blocking_chain']);
    await until(
      'all have settled',
      async () => {
        const settled = (await incidentsOn(kafka, topics.incidents, PARTITIONS)).filter(
          (i) => i.event.settled,
        );
        return [...kinds].every((kind) => settled.some((i) => i.event.kind === kind));
      },
      60_000,
    );
    expect(await third.end('SIGTERM')).toBe(0);

    const live = (await incidentsOn(kafka, topics.incidents, PARTITIONS)).map((each) => each.hex);
    expect(live).toEqual(await expectedOf(topics.spans));
    const replay = await inProcess(prefix, 'b-again.', () => {});
    const again = topicsOf(prefix, 'b-again.');
    await until(
      'as many are there again',
      async () => {
        return (await incidentsOn(kafka, again.incidents, PARTITIONS)).length >= live.length;
      },
      60_000,
    );
    await stopped(replay);
    expect((await incidentsOn(kafka, again.incidents, PARTITIONS)).map((each) => each.hex)).toEqual(live);
  });

  it('a second process joins and the first one leaves in mid-run: as if one had done it all', async () => {
    const topics = topicsOf('c.');
    await ensureAtiTopics(kafka, configOf('c.'));
    const faults: unknown[] = [];
    const start = () => inProcess('c.', 'c.', (error) => faults.push(error));
    const first = await start();
    await send(topics.spans, runs(['one', 'two', 'three'], T));
    await until(
      'something is out',
      async () => (await kafka.offsets(topics.signals)).some((p) => p.latest > 0),
      60_000,
    );
    const second = await start();
    await send(topics.spans, runs(['four', 'five', 'six'], T + 20_000));
    await until('both share the work', async () => first.ready().ok && second.ready().ok, 60_000);
    await send(topics.spans, runs(['seven', 'eight'], T + 40_000));
    await stopped(first);
    await send(topics.spans, ticks(T + 400_000));
    const expected = await expectedOf(topics.spans);
    await until(
      'all incidents are there',
      async () => {
        expect(faults).toEqual([]);
        return (await incidentsOn(kafka, topics.incidents, PARTITIONS)).length >= expected.length;
      },
      60_000,
    );
    await stopped(second);
    expect((await incidentsOn(kafka, topics.incidents, PARTITIONS)).map((each) => each.hex)).toEqual(
      expected,
    );
  });
});
