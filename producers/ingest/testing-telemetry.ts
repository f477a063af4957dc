/** For tests: exports of metrics and logs with secrets wherever clients put them, and what is on ati.telemetry. */
import { decode } from '#schemas/codec.ts';
import type { LogBatch, MetricBatch } from '#schemas/events.ts';
import type { OtlpAttributes } from '#schemas/otlp/write.ts';
import type { OtlpLogs } from '#schemas/otlp/write-logs.ts';
import type { OtlpMetric, OtlpMetrics } from '#schemas/otlp/write-metrics.ts';
import { CANARY } from './testing.ts';

const attributes: OtlpAttributes = [
  ['ati.role', 'tool'],
  ['http.response.status_code', 200],
  ['user.email', CANARY],
  ['gen_ai.input.messages', CANARY],
];
const times = { startTimeUnixNano: 1_700_000_000_000_000_000n, timeUnixNano: 1_700_000_001_000_000_000n };
const exemplars = [
  { timeUnixNano: 1n, traceId: Buffer.from(CANARY), asInt: 3n, filteredAttributes: attributes },
];

/** Of every kind: 6 data points, of which each service has all. Fields in their order, so that JSON has them so, too. */
export const POINTS_PER_SERVICE = 6;
const kinds: readonly OtlpMetric[] = [
  { name: 'queue.length', unit: '{call}', gauge: { dataPoints: [{ ...times, asInt: 4n, attributes }] } },
  {
    name: `calls\n${CANARY}`,
    sum: {
      dataPoints: [
        { ...times, exemplars, asInt: 9n, attributes },
        { ...times, asDouble: 1.5, attributes },
      ],
      aggregationTemporality: 2,
      isMonotonic: true,
    },
  },
  {
    name: 'duration',
    unit: 'ms',
    histogram: {
      dataPoints: [
        {
          ...times,
          count: 3n,
          sum: 7.5,
          bucketCounts: [1n, 2n],
          explicitBounds: [5],
          exemplars,
          attributes,
          min: 1,
          max: 6,
        },
      ],
      aggregationTemporality: 1,
    },
  },
  {
    name: 'delay',
    exponentialHistogram: {
      dataPoints: [
        { attributes, ...times, count: 300n, scale: -2, positive: { offset: -4, bucketCounts: [300n] } },
      ],
      aggregationTemporality: 1,
    },
  },
  {
    name: 'quantiles',
    summary: {
      dataPoints: [
        { ...times, count: 2n, sum: 3, quantileValues: [{ quantile: 0.5, value: 1.5 }], attributes },
      ],
    },
  },
];

const resource = (service: string) => ({ attributes: [['service.name', service], ...attributes] as const });
const scope = { name: 'test', version: '1.2.3', attributes };

/** Every kind of metric, of each service. */
export function exampleMetrics(...services: readonly string[]): OtlpMetrics {
  return {
    resourceMetrics: services.map((service) => ({
      resource: resource(service),
      scopeMetrics: [
        {
          scope,
          metrics: kinds.map(({ name, ...kind }) => ({
            name,
            description: CANARY,
            ...kind,
            metadata: attributes,
          })),
        },
      ],
    })),
  };
}

/** `records` log records of each service. */
export function exampleLogs(records: number, ...services: readonly string[]): OtlpLogs {
  return {
    resourceLogs: services.map((service) => ({
      resource: resource(service),
      scopeLogs: [
        {
          scope,
          logRecords: Array.from({ length: records }, (_, i) => ({
            timeUnixNano: BigInt(i + 1),
            severityNumber: 9,
            severityText: i % 2 === 0 ? 'INFO' : CANARY.repeat(9),
            body: `a person said ${CANARY}`,
            attributes,
            traceId: '0af7651916cd43dd8448eb211c80319c',
            spanId: 'b7ad6b7169203331',
            observedTimeUnixNano: 2n,
            eventName: `call\n${CANARY}`,
          })),
        },
      ],
    })),
  };
}

export type TelemetryBatch = MetricBatch | LogBatch;

/** The batch of a record of ati.telemetry. */
export function telemetryBatch(value: Uint8Array | null): TelemetryBatch {
  const decoded = decode(value ?? Buffer.alloc(0));
  if (!decoded.ok) throw new Error(decoded.reason);
  if (decoded.name !== 'MetricBatch' && decoded.name !== 'LogBatch')
    throw new Error(`a ${decoded.name} on ati.telemetry`);
  return decoded.value;
}

/** Data points or log records of a batch. */
export const countOf = (batch: TelemetryBatch): number =>
  'pointCount' in batch ? batch.pointCount : batch.recordCount;
