/** For tests: batches of metrics and logs of one service. */
import type { LogBatch, MetricBatch } from '#schemas/events.ts';
import { encodeLogs, type OtlpLogRecord } from '#schemas/otlp/write-logs.ts';
import { encodeMetrics, type OtlpMetric } from '#schemas/otlp/write-metrics.ts';

export const RECEIVED_AT = 1_700_000_000_500;

/** Time of the points and records in the tests, ns. */
export const NANOS = 1_700_000_000_123_456_789n;

const resource = (service: string) => ({ attributes: { 'service.name': service, 'host.name': 'box' } });
const scope = { name: 'meter', version: '1.2', attributes: { build: 7 }, droppedAttributesCount: 3 };

interface BatchOptions {
  readonly service?: string;
  readonly receivedAt?: number;
  readonly tenant?: string;
}

export function metricBatch(metrics: readonly OtlpMetric[], options: BatchOptions = {}): MetricBatch {
  const { service = 'shop', receivedAt = RECEIVED_AT, tenant = 'default' } = options;
  const scopeMetrics = [{ scope, metrics, schemaUrl: 'scope-schema' }];
  const otlp = encodeMetrics({
    resourceMetrics: [{ resource: resource(service), scopeMetrics, schemaUrl: 'resource-schema' }],
  });
  const pointCount = metrics
    .flatMap(({ gauge, sum, histogram, exponentialHistogram, summary }) =>
      [gauge, sum, histogram, exponentialHistogram, summary].map((data) => data?.dataPoints?.length ?? 0),
    )
    .reduce((a, b) => a + b, 0);
  return { tenant, receivedAt, service, pointCount, otlp };
}

export function logBatch(logRecords: readonly OtlpLogRecord[], options: BatchOptions = {}): LogBatch {
  const { service = 'shop', receivedAt = RECEIVED_AT, tenant = 'default' } = options;
  const scopeLogs = [{ scope, logRecords, schemaUrl: 'scope-schema' }];
  const otlp = encodeLogs({
    resourceLogs: [{ resource: resource(service), scopeLogs, schemaUrl: 'resource-schema' }],
  });
  return { tenant, receivedAt, service, recordCount: logRecords.length, otlp };
}
