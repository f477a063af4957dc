/** Metrics and logs over real HTTP, through the ingest as a process, onto a real broker, and read back. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import zlib from 'node:zlib';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect, test, vi } from 'vitest';
import { topicName } from '#infra/topics.ts';
import { partitionOf } from '#schemas/murmur2.ts';
import { otlpJson } from '#schemas/otlp/testing-json.ts';
import { readLogs, readMetrics } from '#schemas/otlp/testing-read.ts';
import { encodeLogs } from '#schemas/otlp/write-logs.ts';
import { encodeMetrics } from '#schemas/otlp/write-metrics.ts';
import { CANARY } from './testing.ts';
import { TestIngests } from './testing-ingests.ts';
import {
  countOf,
  exampleLogs,
  exampleMetrics,
  POINTS_PER_SERVICE,
  type TelemetryBatch,
  telemetryBatch,
} from './testing-telemetry.ts';

const ingests = new TestIngests();

/** Everything on ati.telemetry; each record has the key and the partition of its service. */
async function onLog(prefix: string): Promise<TelemetryBatch[]> {
  const { kafka } = ingests;
  const topic = topicName('telemetry', prefix);
  const batches: TelemetryBatch[] = [];
  const partitions = await kafka.offsets(topic);
  for (const { partition, earliest } of partitions) {
    for await (const { key, value } of kafka.read(topic, partition, earliest)) {
      const batch = telemetryBatch(value);
      expect(key?.toString()).toBe(batch.service);
      expect(partition).toBe(partitionOf(Buffer.from(batch.service), partitions.length));
      batches.push(batch);
    }
  }
  return batches;
}
const post = (url: string, body: Uint8Array | string, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', ...headers },
    body: Buffer.from(body),
  });

test('the real exporters: their metrics and logs are on the log, of their service, without bodies', async () => {
  const { url, prefix } = await ingests.ready();
  const resource = resourceFromAttributes({ 'service.name': 'exporter-test' });
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }),
    exportIntervalMillis: 60_000,
  });
  const meters = new MeterProvider({ resource, readers: [reader] });
  const meter = meters.getMeter('t');
  meter
    .createCounter('calls', { description: CANARY, unit: '{call}' })
    .add(3, { 'ati.role': 'tool', who: CANARY });
  meter.createHistogram('duration', { unit: 'ms' }).record(17);
  await meters.shutdown();

  const loggers = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${url}/v1/logs` }) })],
  });
  loggers.getLogger('t').emit({
    severityNumber: 17,
    severityText: 'ERROR',
    body: CANARY,
    attributes: { 'error.type': 'timeout', who: CANARY },
  });
  await loggers.shutdown();

  const batches = await onLog(prefix);
  expect(batches.map((batch) => [batch.service, batch.tenant, countOf(batch)])).toEqual([
    ['exporter-test', 'default', 2],
    ['exporter-test', 'default', 1],
  ]);
  for (const { otlp } of batches) expect(Buffer.from(otlp).includes(CANARY)).toBe(false);
  const [measured, logged] = batches;
  const [{ scopeMetrics = [] }] = readMetrics(measured.otlp).resourceMetrics;
  expect(scopeMetrics[0].metrics).toMatchObject([
    {
      name: 'calls',
      unit: '{call}',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [{ attributes: [['ati.role', 'tool']] }],
      },
    },
    { name: 'duration', unit: 'ms', histogram: { dataPoints: [{ count: 1n, sum: 17, min: 17, max: 17 }] } },
  ]);
  const [{ scopeLogs = [] }] = readLogs(logged.otlp).resourceLogs;
  expect(scopeLogs[0].logRecords).toMatchObject([
    { severityNumber: 17, severityText: 'ERROR', attributes: [['error.type', 'timeout']] },
  ]);
});

test('protobuf and JSON, compressed or not, of several services: the same on the log; no canary in any file', async () => {
  const { url, prefix, kill, exited, output } = await ingests.ready();
  const services = ['agents', 'tools', 'übersetzer', 'planner', 'worker'];
  const metrics = exampleMetrics(...services);
  const logs = exampleLogs(3, ...services);
  const json = { 'content-type': 'application/json' };
  const gzip = { 'content-encoding': 'gzip' };
  const statuses = [
    await post(`${url}/v1/metrics`, encodeMetrics(metrics)),
    await post(`${url}/v1/metrics`, zlib.gzipSync(otlpJson(metrics)), { ...json, ...gzip }),
    await post(`${url}/v1/logs`, zlib.zstdCompressSync(encodeLogs(logs)), { 'content-encoding': 'zstd' }),
    await post(`${url}/v1/logs`, otlpJson(logs), json),
    await post(`${url}/v1/metrics`, CANARY),
    await post(`${url}/v1/logs`, `{"${CANARY}`, json),
  ].map(({ status }) => status);
  expect(statuses).toEqual([200, 200, 200, 200, 400, 400]);

  const batches = await onLog(prefix);
  for (const service of services) {
    const mine = batches.filter((batch) => batch.service === service);
    expect(mine.map(countOf).sort()).toEqual([3, 3, POINTS_PER_SERVICE, POINTS_PER_SERVICE]);
    expect(new Set(mine.map(({ otlp }) => Buffer.from(otlp).toString('hex'))).size).toBe(2);
  }
  expect(batches).toHaveLength(4 * services.length);

  kill('SIGTERM');
  expect(await exited).toBe(0);
  expect(output()).toContain('export refused');
  expect(output()).not.toContain(CANARY);
  for (const entry of await readdir(ingests.dataDir, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      expect((await readFile(join(entry.parentPath, entry.name))).includes(CANARY), entry.name).toBe(false);
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  '%s in mid-load: every acknowledged export is on the log',
  async (signal) => {
    const { url, prefix, kill, exited } = await ingests.ready();
    const acknowledged = new Set<string>();
    let next = 0;
    let stopped = false;
    const client = async () => {
      while (!stopped) {
        const service = `s${next++}`;
        const status = await post(`${url}/v1/metrics`, encodeMetrics(exampleMetrics(service))).then(
          (response) => response.status,
          () => 'lost',
        );
        if (status === 200) acknowledged.add(service);
        else await new Promise((resolve) => setTimeout(resolve, 20)); // an exporter backs off, too
      }
    };
    const clients = Array.from({ length: 4 }, client);
    await vi.waitUntil(() => acknowledged.size > 100, { timeout: 60_000 });
    kill(signal);
    expect(await exited).toBe(signal === 'SIGTERM' ? 0 : 'SIGKILL');
    stopped = true;
    await Promise.all(clients);
    const services = new Set((await onLog(prefix)).map(({ service }) => service));
    expect([...acknowledged].filter((service) => !services.has(service))).toEqual([]);
  },
);
