/** Data points and series of metrics as the API gives them. */
import { z } from 'zod';
import { int64 } from './parameters.ts';
import { attributes, double, instant } from './telemetry-json.ts';

export const METRIC_TYPES = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'] as const;
export type MetricType = (typeof METRIC_TYPES)[number];

export const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'] as const;
const temporality = z
  .enum(TEMPORALITIES)
  .describe('cumulative: since startTime; delta: since the point before');

const exemplars = z.array(
  z.object({
    ...instant,
    value: double,
    traceId: z.string().describe('empty where there is none'),
    spanId: z.string(),
    attributes,
  }),
);

const common = {
  service: z.string(),
  name: z.string(),
  unit: z.string(),
  description: z.string(),
  attributes,
  resource: attributes,
  scope: z.object({ name: z.string(), version: z.string() }),
  series: z.string().describe('16 hex digits, the same for all points of a series'),
  startTime: z.string().nullable().describe('ISO 8601, UTC; null: not sent'),
  ...instant,
  recorded: z.boolean().describe('false: the series has no value at this time (OTLP flag)'),
};
const number = { value: double.nullable().describe('null: not recorded'), exemplars };
const optional = double.nullable().describe('null: not sent');
const distribution = {
  temporality,
  count: int64,
  sum: optional,
  min: optional,
  max: optional,
  exemplars,
};
const buckets = z
  .object({ offset: z.number().int(), bucketCounts: z.array(int64) })
  .describe('bucket i: absolute values above base^(offset+i) up to base^(offset+i+1), base = 2^(2^-scale)');

export const metricPoint = z.discriminatedUnion('type', [
  z.object({ type: z.literal('gauge'), ...common, ...number }),
  z.object({ type: z.literal('sum'), ...common, ...number, temporality, monotonic: z.boolean() }),
  z.object({
    type: z.literal('histogram'),
    ...common,
    ...distribution,
    bucketCounts: z.array(int64),
    explicitBounds: z.array(double),
  }),
  z.object({
    type: z.literal('exponential_histogram'),
    ...common,
    ...distribution,
    scale: z.number().int(),
    zeroCount: int64,
    zeroThreshold: double,
    positive: buckets,
    negative: buckets,
  }),
  z.object({
    type: z.literal('summary'),
    ...common,
    count: int64,
    sum: double,
    quantiles: z.array(z.object({ quantile: double, value: double })),
  }),
]);
export type MetricPoint = z.output<typeof metricPoint>;

const bucketOf = {
  start: z.string(),
  startMs: z.number().int(),
  points: z.number().int().describe('data points in this bucket'),
};
const head = { service: z.string(), name: z.string(), unit: z.string(), attributes };

export const metricSeries = z.discriminatedUnion('type', [
  z.object({
    type: z.enum(['gauge', 'sum']),
    ...head,
    buckets: z.array(
      z.object({
        ...bucketOf,
        avg: double,
        min: z.number(),
        max: z.number(),
        last: z.number(),
        increase: double
          .nullable()
          .describe('of a monotonic sum: by how much it grew, resets considered; else null'),
      }),
    ),
  }),
  z.object({
    type: z.enum(['histogram', 'exponential_histogram', 'summary']),
    ...head,
    buckets: z.array(
      z.object({
        ...bucketOf,
        count: int64.describe('what was measured within the bucket'),
        sum: double.nullable().describe('of the same; null: not sent'),
        avg: double.nullable().describe('null: nothing was measured, or its sum not sent'),
      }),
    ),
  }),
]);
export type MetricSeries = z.output<typeof metricSeries>;

export const metricName = z.object({
  name: z.string(),
  type: z.enum(METRIC_TYPES),
  unit: z.string(),
  description: z.string(),
  services: z.array(z.string()),
  series: z.number().int().describe('how many, about'),
  lastSeen: z.string().describe('ISO 8601, UTC: time of the newest point'),
});
