import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#infra/testing/until.ts';
import { type Installation, startInstallation } from '../support/installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(async () => {
  await installation?.stop();
  await installation?.remove();
});

const resource = resourceFromAttributes({ 'service.name': 'telemetry-e2e' });

async function ask<Answer>(path: string): Promise<Answer> {
  const response = await fetch(`${installation.apiUrl}${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

test('what an SDK counts and measures is in the query API', async () => {
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${installation.ingestUrl}/v1/metrics` }),
    exportIntervalMillis: 3_600_000,
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('e2e');
  meter.createCounter('e2e.requests').add(41);
  meter.createHistogram('e2e.latency', { unit: 'ms' }).record(12.5);
  meter.createGauge('e2e.depth').record(7);
  // Collects and exports once.
  await provider.shutdown();

  const { points } = await until('metrics in the API', async () => {
    const answer = await ask<{ points: { name: string }[] }>('/v1/metrics?service=telemetry-e2e');
    return answer.points.length === 3 && answer;
  });
  expect(points.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toMatchObject([
    { type: 'gauge', name: 'e2e.depth', value: 7, scope: { name: 'e2e' } },
    { type: 'histogram', name: 'e2e.latency', unit: 'ms', count: 1, sum: 12.5, min: 12.5, max: 12.5 },
    { type: 'sum', name: 'e2e.requests', value: 41, monotonic: true, temporality: 'cumulative' },
  ]);
  const { series } = await ask<{ series: { name: string }[] }>('/v1/metrics?service=telemetry-e2e&step=60');
  expect(series.find(({ name }) => name === 'e2e.latency')).toMatchObject({
    buckets: [{ points: 1, count: 1, sum: 12.5, avg: 12.5 }],
  });
  const { metrics } = await ask<{ metrics: object[] }>('/v1/metrics/names?service=telemetry-e2e');
  expect(metrics).toMatchObject([{ name: 'e2e.depth' }, { name: 'e2e.latency' }, { name: 'e2e.requests' }]);
});

test('log records are there by service and name, without their bodies', async () => {
  const exporter = new OTLPLogExporter({ url: `${installation.ingestUrl}/v1/logs` });
  const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger('e2e');
  const eventName = 'queue.full';
  const attributes = { 'http.response.status_code': 503 };
  logger.emit({ eventName, severityNumber: 13, severityText: 'WARN', body: 'a secret', attributes });
  logger.emit({ eventName, severityNumber: 9, severityText: 'INFO' });
  await provider.shutdown();

  const found = await until('log records in the API', async () => {
    const answer = await ask<{ logs: object[] }>(`/v1/logs?service=telemetry-e2e&eventName=${eventName}`);
    return answer.logs.length === 2 && answer.logs;
  });
  expect(found).toContainEqual(
    expect.objectContaining({
      severityNumber: 13,
      severityText: 'WARN',
      body: null,
      attributes: { 'http.response.status_code': '503' },
    }),
  );
  const severe = await ask<{ logs: object[] }>('/v1/logs?service=telemetry-e2e&minSeverity=warn');
  expect(severe.logs.length).toBe(1);
  const [row] = await installation.clickhouse.query<{ bodies: string }>(
    "SELECT countIf(Body != '') AS bodies FROM otel_logs FINAL",
  );
  expect(row.bodies).toBe('0');
});
