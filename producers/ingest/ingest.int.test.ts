/** The ingest as a process on the embedded broker: what it acknowledges is on the log, whatever dies. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { expect, test, vi } from 'vitest';
import { otlpJson } from '#schemas/otlp/testing-json.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { CANARY, exampleTraces } from './testing.ts';
import { TestIngests } from './testing-ingests.ts';
import { batchesOnLog, spanIdsOf } from './testing-process.ts';

const ingests = new TestIngests();

const post = (url: string, body: Uint8Array | string, type = 'application/x-protobuf') =>
  fetch(`${url}/v1/traces`, { method: 'POST', headers: { 'content-type': type }, body: Buffer.from(body) });
const uniqueIds = async (prefix: string) =>
  new Set(spanIdsOf(await batchesOnLog(ingests.broker.brokers, prefix)));

/** Posts exports of their own span ids, a few at a time, until stopped; keeps the ids of those that got 200. */
function load(url: string) {
  const acknowledged = new Set<string>();
  const statuses = new Map<number | 'lost', number>();
  let next = 0;
  let stopped = false;
  const client = async () => {
    while (!stopped) {
      const traces = exampleTraces(3, 3, next++ * 3);
      const status = await post(url, encodeTraces(traces)).then(
        ({ status: code }) => code,
        () => 'lost' as const,
      );
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const ids = traces.resourceSpans.flatMap(
        (each) => each.scopeSpans?.flatMap(({ spans }) => spans ?? []) ?? [],
      );
      if (status === 200) for (const { spanId } of ids) acknowledged.add(String(spanId));
      else await new Promise((resolve) => setTimeout(resolve, 20)); // an exporter backs off, too
    }
  };
  const clients = Array.from({ length: 4 }, client);
  const stop = async () => {
    stopped = true;
    await Promise.all(clients);
  };
  return { acknowledged, statuses, stop };
}

test('the real exporter: its spans are on the log', async () => {
  const { url, prefix } = await ingests.ready();
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'exporter-test' }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${url}/v1/traces` }))],
  });
  const ids = Array.from({ length: 50 }, (_, i) => {
    const span = provider
      .getTracer('t')
      .startSpan('tool_call', { attributes: { 'gen_ai.tool.name': 'search', i } });
    span.end();
    return span.spanContext().spanId;
  });
  await provider.forceFlush();
  await provider.shutdown();
  expect([...(await uniqueIds(prefix))].sort()).toEqual(ids.sort());
});

test('protobuf and JSON of one export are the same bytes on the log, apart from when they came', async () => {
  const onLog = async (body: Uint8Array | string, type: string) => {
    const { url, prefix } = await ingests.ready();
    expect((await post(url, body, type)).status).toBe(200);
    const batches = await batchesOnLog(ingests.broker.brokers, prefix);
    return batches.map(({ receivedAt: _, otlp, ...rest }) => ({
      ...rest,
      otlp: Buffer.from(otlp).toString('hex'),
    }));
  };
  const traces = exampleTraces(10, 5);
  const fromProtobuf = await onLog(encodeTraces(traces), 'application/x-protobuf');
  expect(fromProtobuf.reduce((sum, { spanCount }) => sum + spanCount, 0)).toBe(50);
  expect(await onLog(otlpJson(traces), 'application/json')).toEqual(fromProtobuf);
});

test('a canary is on no topic, in no file and in no line of the log', async () => {
  const { url, prefix, output, kill, exited } = await ingests.ready();
  expect((await post(url, encodeTraces(exampleTraces(4, 4)))).status).toBe(200);
  expect((await post(url, otlpJson(exampleTraces(4, 4)), 'application/json')).status).toBe(200);
  expect((await post(url, CANARY)).status).toBe(400);
  expect((await post(url, `{"${CANARY}`, 'application/json')).status).toBe(400);
  const batches = await batchesOnLog(ingests.broker.brokers, prefix);
  expect(batches.length).toBeGreaterThan(0);
  for (const { otlp } of batches) expect(Buffer.from(otlp).toString('latin1')).not.toContain(CANARY);
  kill('SIGTERM');
  expect(await exited).toBe(0);
  expect(output()).toContain('export refused');
  expect(output()).not.toContain(CANARY);
  for (const entry of await readdir(ingests.dataDir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      expect((await readFile(join(entry.parentPath, entry.name))).includes(CANARY), entry.name).toBe(false);
  }
});

test('SIGTERM in mid-load: exits 0, and every acknowledged span is on the log', async () => {
  const { url, prefix, kill, exited } = await ingests.ready();
  const clients = load(url);
  await vi.waitUntil(() => clients.acknowledged.size > 300, { timeout: 60_000 });
  kill('SIGTERM');
  expect(await exited).toBe(0);
  await clients.stop();
  const ids = await uniqueIds(prefix);
  expect([...clients.acknowledged].filter((id) => !ids.has(id))).toEqual([]);
});

test('kill -9 in mid-load: every acknowledged span is on the log', async () => {
  const { url, prefix, kill, exited } = await ingests.ready();
  const clients = load(url);
  await vi.waitUntil(() => clients.acknowledged.size > 300, { timeout: 60_000 });
  kill('SIGKILL');
  expect(await exited).toBe('SIGKILL');
  await clients.stop();
  const ids = await uniqueIds(prefix);
  expect([...clients.acknowledged].filter((id) => !ids.has(id))).toEqual([]);
});

test('the broker is killed in mid-load and comes back: no 200 for what is not on the log, then 200 again', async () => {
  const { url, prefix } = await ingests.ready();
  const readiness = async () => (await fetch(`${url}/ready`)).status;
  expect(await readiness()).toBe(200);
  const clients = load(url);
  await vi.waitUntil(() => clients.acknowledged.size > 300, { timeout: 60_000 });

  await ingests.broker.kill();
  await vi.waitUntil(async () => (await readiness()) === 503, { timeout: 60_000, interval: 100 });
  await vi.waitUntil(() => (clients.statuses.get(503) ?? 0) > 0, { timeout: 60_000, interval: 100 });
  const before = clients.acknowledged.size;
  await ingests.startBroker();
  await vi.waitUntil(() => clients.acknowledged.size > before + 300, { timeout: 60_000, interval: 100 });
  await vi.waitUntil(async () => (await readiness()) === 200, { timeout: 60_000, interval: 100 });
  await clients.stop();

  const ids = await uniqueIds(prefix);
  expect([...clients.acknowledged].filter((id) => !ids.has(id))).toEqual([]);
  expect([...clients.statuses.keys()].sort()).toEqual([200, 503]);
});

test('it waits for a broker that comes up later', async () => {
  await ingests.broker.stop();
  const prefix = ingests.prefix();
  const ingest = await ingests.start(prefix);
  await vi.waitUntil(() => ingest.output().includes('trying again'), { timeout: 60_000, interval: 100 });
  await ingests.startBroker();
  await ingest.ready;
  expect((await post(ingest.url, encodeTraces(exampleTraces(1, 2)))).status).toBe(200);
  expect(spanIdsOf(await batchesOnLog(ingests.broker.brokers, prefix))).toHaveLength(2);
});

test('a topic with another number of partitions is one clear sentence, at once', async () => {
  const { prefix } = await ingests.ready();
  const other = await ingests.start(prefix, { ATI_PARTITIONS: '7' });
  expect(await other.exited).toBe(1);
  expect(other.output()).toContain('ATI_PARTITIONS');
});
