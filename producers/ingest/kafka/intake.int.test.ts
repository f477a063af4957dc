/** The door for Kafka, as a process on the embedded broker: what is on a Collector's topics reaches ATI's, whatever dies. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { until } from '#infra/testing/until.ts';
import { topicName } from '#infra/topics.ts';
import { decode } from '#schemas/codec.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { encodeLogs } from '#schemas/otlp/write-logs.ts';
import { encodeMetrics } from '#schemas/otlp/write-metrics.ts';
import { CANARY, exampleTraces } from '../testing.ts';
import { TestIngests } from '../testing-ingests.ts';
import { batchesOnLog, type IngestProcess, spanIdsOf } from '../testing-process.ts';

const UNCOMMITTED = fileURLToPath(new URL('./fixtures/uncommitted/main.ts', import.meta.url));

const ingests = new TestIngests();

/** Names of its own for one test. */
function place() {
  const prefix = ingests.prefix();
  return { prefix, topic: `${prefix}otlp_spans`, group: `${prefix}ati-ingest-otlp` };
}

async function start(
  { prefix, topic }: ReturnType<typeof place>,
  file?: string,
  more: Record<string, string> = {},
): Promise<IngestProcess> {
  const ingest = await ingests.start(prefix, { ...more, ATI_OTLP_TRACES_TOPICS: topic }, file);
  await ingest.ready;
  return ingest;
}

/** As a Collector's Kafka exporter does. */
async function write(topic: string, ...values: (Uint8Array | string)[]): Promise<void> {
  const producer = await ingests.kafka.producer({ compression: 'zstd' });
  const records = values.map((value) => ({ value: Buffer.from(value), partition: 0 }));
  await producer.send(topic, records);
  await producer.close();
}

const spansOnLog = async (prefix: string) => spanIdsOf(await batchesOnLog(ingests.broker.brokers, prefix));
const committed = async (group: string, topic: string) => {
  const offsets = await ingests.kafka.committed(group, topic);
  return offsets.reduce((sum, { offset }) => sum + Math.max(0, offset), 0);
};
const exportsOf = (n: number) =>
  Array.from({ length: n }, (_, i) => encodeTraces(exampleTraces(2, 5, i * 2)));

async function lettersOf(prefix: string) {
  const letters = [];
  for await (const record of ingests.kafka.read(topicName('deadLetters', prefix), 0, 0)) letters.push(record);
  return letters;
}

/** What /ready says once it says no. */
const reasonNotReady = (ingest: IngestProcess) =>
  until('not ready', async () => {
    const response = await fetch(`${ingest.url}/ready`);
    return response.ok ? undefined : response.text();
  });

test('creates the topic, takes what is written there through the allowlist, and commits', async () => {
  const at = place();
  const ingest = await start(at);
  await until('the topic', async () => ingest.output().includes('was not there: created'));
  await write(at.topic, ...exportsOf(20));
  await until('all is committed', async () => (await committed(at.group, at.topic)) === 20);
  const ids = await spansOnLog(at.prefix);
  expect(ids).toHaveLength(200);
  expect(new Set(ids).size).toBe(200);
  const batches = await batchesOnLog(ingests.broker.brokers, at.prefix);
  expect(new Set(batches.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  expect(batches.some(({ otlp }) => Buffer.from(otlp).includes(CANARY))).toBe(false);
  for (const { receivedAt } of batches) expect(Math.abs(receivedAt - Date.now())).toBeLessThan(60_000);
  expect(await (await fetch(`${ingest.url}/metrics`)).text()).toContain(
    `ati_records_consumed_total{topic="${at.topic}"} 20`,
  );

  ingest.kill('SIGTERM');
  expect(await ingest.exited).toBe(0);
});

test('metrics and logs, each from its topic, without the bodies of the logs', async () => {
  const at = place();
  const [metrics, logs] = [`${at.prefix}otlp_metrics`, `${at.prefix}otlp_logs`];
  for (const name of [metrics, logs, at.topic])
    await ingests.kafka.ensureTopics([{ name, partitions: 1, config: {} }]);
  await write(at.topic, ...exportsOf(1));
  const resource = { attributes: { 'service.name': 'agent' } };
  const points = [{ timeUnixNano: 1n, asDouble: 0.5 }];
  await write(
    metrics,
    encodeMetrics({
      resourceMetrics: [
        { resource, scopeMetrics: [{ metrics: [{ name: 'queue.length', gauge: { dataPoints: points } }] }] },
      ],
    }),
  );
  const logRecords = [{ timeUnixNano: 1n, severityNumber: 9, body: CANARY }];
  await write(logs, encodeLogs({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }));
  await start(at, undefined, { ATI_OTLP_METRICS_TOPICS: metrics, ATI_OTLP_LOGS_TOPICS: logs });
  for (const topic of [at.topic, metrics, logs])
    await until(`${topic} is committed`, async () => (await committed(at.group, topic)) === 1);
  expect(await spansOnLog(at.prefix)).toHaveLength(10);
  const telemetry = [];
  const topic = topicName('telemetry', at.prefix);
  for (const { partition } of await ingests.kafka.offsets(topic))
    for await (const { value } of ingests.kafka.read(topic, partition, 0))
      telemetry.push(value ?? Buffer.alloc(0));
  const events = telemetry.map((value) => decode(value));
  expect(events.map((event) => event.ok && [event.name, event.value]).sort()).toMatchObject([
    ['LogBatch', { service: 'agent', recordCount: 1 }],
    ['MetricBatch', { service: 'agent', pointCount: 1 }],
  ]);
  expect(Buffer.concat(telemetry).includes('queue.length')).toBe(true);
  expect(Buffer.concat(telemetry).includes(CANARY)).toBe(false);
});

test('a topic that was there before keeps its partitions, and all of them are read', async () => {
  const at = place();
  await ingests.kafka.ensureTopics([{ name: at.topic, partitions: 2, config: {} }]);
  const producer = await ingests.kafka.producer();
  const [a, b] = exportsOf(2);
  await producer.send(at.topic, [
    { partition: 0, value: a },
    { partition: 1, value: b },
  ]);
  await producer.close();
  await start(at);
  await until('all is committed', async () => (await committed(at.group, at.topic)) === 2);
  expect(await spansOnLog(at.prefix)).toHaveLength(20);
});

test('what is no OTLP is a dead letter that holds nothing of it; the rest arrives', async () => {
  const at = place();
  const [a, b] = exportsOf(2);
  const ingest = await start(at);
  await until('the topic', async () => ingest.output().includes('was not there: created'));
  const broken = `${CANARY} is not OTLP at all`;
  await write(at.topic, a, broken, Buffer.from(b).subarray(0, 40), b);
  await until('all is committed', async () => (await committed(at.group, at.topic)) === 4);
  expect(await spansOnLog(at.prefix)).toHaveLength(20);
  const letters = await lettersOf(at.prefix);
  expect(letters.map(({ value }) => value)).toEqual([null, null]);
  const [first] = letters.map(({ headers }) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  );
  expect(first).toMatchObject({
    topic: at.topic,
    partition: '0',
    offset: '1',
    step: 'split',
    bytes: String(broken.length),
    sha256: createHash('sha256').update(broken).digest('hex'),
  });
  expect(first.reason).toContain('not an OTLP trace export');
  expect(JSON.stringify(first)).not.toContain(CANARY);
  expect(ingest.output()).not.toContain(CANARY);
});

test('a topic of something else stops the intake, not the ingest: /ready says why, requests are still taken', async () => {
  const at = place();
  await ingests.kafka.ensureTopics([{ name: at.topic, partitions: 1, config: {} }]);
  await write(at.topic, ...Array.from({ length: 400 }, (_, i) => `{"json": ${i}}`));
  const ingest = await start(at);
  expect(await reasonNotReady(ingest)).toContain(
    `${at.topic}: 100 of the last 100 records could not be processed`,
  );
  expect(await lettersOf(at.prefix)).toHaveLength(99);
  expect(await committed(at.group, at.topic)).toBe(99);
  const response = await fetch(`${ingest.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Buffer.from(exportsOf(1)[0]),
  });
  expect(response.status).toBe(200);
  ingest.kill('SIGTERM');
  expect(await ingest.exited).toBe(0);
});

test('a restart remembers the limit: nothing drains further, until ATI_DEAD_LETTER_SHARE=1 puts all aside', async () => {
  const at = place();
  await ingests.kafka.ensureTopics([{ name: at.topic, partitions: 1, config: {} }]);
  await write(at.topic, ...Array.from({ length: 300 }, (_, i) => `{"json": ${i}}`), ...exportsOf(1));
  for (let starts = 0; starts < 2; starts++) {
    const ingest = await start(at);
    expect(await reasonNotReady(ingest)).toContain('could not be processed');
    await ingest.end('SIGTERM');
    expect(await lettersOf(at.prefix)).toHaveLength(99);
    expect(await committed(at.group, at.topic)).toBe(99);
  }
  await start(at, undefined, { ATI_DEAD_LETTER_SHARE: '1' });
  await until('all is committed', async () => (await committed(at.group, at.topic)) === 301);
  const letters = await lettersOf(at.prefix);
  expect(letters.map(({ headers }) => Number(headers.offset))).toEqual(
    Array.from({ length: 300 }, (_, i) => i),
  );
  expect(new Set(letters.map(({ headers }) => String(headers.group)))).toEqual(new Set([at.group]));
  expect(await spansOnLog(at.prefix)).toHaveLength(10);
});

test('kill -9 between produce and commit: the next one sends the same again, and nothing is missing', async () => {
  const at = place();
  await ingests.kafka.ensureTopics([{ name: at.topic, partitions: 1, config: {} }]);
  await write(at.topic, ...exportsOf(5));
  const victim = await start(at, UNCOMMITTED);
  await until('all is on the log', async () => (await spansOnLog(at.prefix)).length === 50);
  await victim.end('SIGKILL');
  expect(await committed(at.group, at.topic)).toBe(0);

  await start(at);
  await until('all is committed', async () => (await committed(at.group, at.topic)) === 5);
  const ids = await spansOnLog(at.prefix);
  expect(ids).toHaveLength(100);
  expect(new Set(ids).size).toBe(50);
});

test('SIGTERM in the middle: what was taken is committed, so the next one goes on without a duplicate', async () => {
  const at = place();
  await ingests.kafka.ensureTopics([{ name: at.topic, partitions: 1, config: {} }]);
  const records = exportsOf(1500);
  const first = await start(at);
  const producer = await ingests.kafka.producer();
  // One record a batch: the intake takes them in many steps.
  const writing = (async () => {
    for (const value of records) await producer.send(at.topic, [{ partition: 0, value }]);
  })();
  await until('some are committed', async () => (await committed(at.group, at.topic)) > 0);
  expect(await first.end('SIGTERM')).toBe(0);
  const taken = await committed(at.group, at.topic);
  expect(taken).toBeLessThan(records.length);
  expect(await spansOnLog(at.prefix)).toHaveLength(taken * 10);

  await writing;
  await producer.close();
  await start(at);
  await until('all is committed', async () => (await committed(at.group, at.topic)) === records.length);
  const ids = await spansOnLog(at.prefix);
  expect(ids).toHaveLength(15_000);
  expect(new Set(ids).size).toBe(15_000);
});

test('the broker is killed and comes back: every record arrives', async () => {
  const at = place();
  await ingests.kafka.ensureTopics([{ name: at.topic, partitions: 1, config: {} }]);
  await start(at);
  await write(at.topic, ...exportsOf(3));
  await until('the first are taken', async () => (await committed(at.group, at.topic)) === 3);
  await ingests.broker.kill();
  await ingests.startBroker();
  await write(at.topic, ...exportsOf(6).slice(3));
  await until('the others too', async () => (await committed(at.group, at.topic)) === 6, 60_000);
  expect(new Set(await spansOnLog(at.prefix)).size).toBe(60);
});

test.each([
  ['ati.spans', "is one of ATI's own topics"],
  ['a,a', 'is named twice'],
])('ATI_OTLP_TRACES_TOPICS=%s is refused', async (topics, reason) => {
  const ingest = await ingests.start('', { ATI_OTLP_TRACES_TOPICS: topics });
  expect(await ingest.exited).toBe(1);
  expect(ingest.stderr()).toContain(reason);
});
