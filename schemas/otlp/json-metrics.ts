/** OTLP metrics in JSON → protobuf bytes; see json.ts for what is read how. */
import { attributes, type Converted, convertJson } from './json-groups.ts';
import type { JsonReader } from './json-reader.ts';
import {
  encodeMetricGroups,
  type OtlpBuckets,
  type OtlpExemplar,
  type OtlpExponentialHistogramPoint,
  type OtlpHistogramPoint,
  type OtlpMetric,
  type OtlpNumberPoint,
  type OtlpSummaryPoint,
} from './write-metrics.ts';

const NAMES = { resources: 'resourceMetrics', scopes: 'scopeMetrics', members: 'metrics' };
const TEMPORALITIES = [
  'AGGREGATION_TEMPORALITY_UNSPECIFIED',
  'AGGREGATION_TEMPORALITY_DELTA',
  'AGGREGATION_TEMPORALITY_CUMULATIVE',
];

type Json = Record<string, unknown>;

/** The protobuf bytes of an ExportMetricsServiceRequest in JSON. Never throws. */
export function convertMetricsJson(body: Uint8Array, options: { maxNesting: number }): Converted {
  return convertJson(body, options, NAMES, metric, encodeMetricGroups);
}

function metric(read: JsonReader, json: unknown, at: string): OtlpMetric {
  const from = read.object(json, at);
  return {
    name: read.text(from, 'name', at),
    description: read.text(from, 'description', at),
    unit: read.text(from, 'unit', at),
    gauge: read.optional(from, 'gauge', at, (item, place) => points(read, item, place, numberPoint)),
    sum: read.optional(from, 'sum', at, (item, place) => ({
      ...points(read, item, place, numberPoint),
      aggregationTemporality: temporality(read, item, place),
      isMonotonic: read.boolean(read.object(item, place), 'isMonotonic', place),
    })),
    histogram: read.optional(from, 'histogram', at, (item, place) => ({
      ...points(read, item, place, histogramPoint),
      aggregationTemporality: temporality(read, item, place),
    })),
    exponentialHistogram: read.optional(from, 'exponentialHistogram', at, (item, place) => ({
      ...points(read, item, place, exponentialPoint),
      aggregationTemporality: temporality(read, item, place),
    })),
    summary: read.optional(from, 'summary', at, (item, place) => points(read, item, place, summaryPoint)),
    metadata: attributes(read, from, at, 'metadata'),
  };
}

/** The data points of a Gauge, Sum, Histogram, ExponentialHistogram or Summary. */
function points<Point>(
  read: JsonReader,
  json: unknown,
  at: string,
  point: (read: JsonReader, from: Json, at: string) => Point,
): { dataPoints: Point[] } {
  const dataPoints = read.list(read.object(json, at), 'dataPoints', at, (item, place) =>
    point(read, read.object(item, place), place),
  );
  return { dataPoints };
}

const temporality = (read: JsonReader, json: unknown, at: string) =>
  read.enumeration(read.object(json, at), 'aggregationTemporality', at, TEMPORALITIES);

function numberPoint(read: JsonReader, from: Json, at: string): OtlpNumberPoint {
  return {
    ...common(read, from, at),
    ...numberValue(read, from, at),
    exemplars: read.list(from, 'exemplars', at, (item, place) => exemplar(read, item, place)),
  };
}

function histogramPoint(read: JsonReader, from: Json, at: string): OtlpHistogramPoint {
  return {
    ...common(read, from, at),
    ...distribution(read, from, at),
    bucketCounts: read.uint64s(from, 'bucketCounts', at),
    explicitBounds: read.doubles(from, 'explicitBounds', at),
    exemplars: read.list(from, 'exemplars', at, (item, place) => exemplar(read, item, place)),
  };
}

function exponentialPoint(read: JsonReader, from: Json, at: string): OtlpExponentialHistogramPoint {
  return {
    ...common(read, from, at),
    ...distribution(read, from, at),
    scale: read.int32(from, 'scale', at),
    zeroCount: read.uint64(from, 'zeroCount', at),
    positive: read.optional(from, 'positive', at, (item, place) => buckets(read, item, place)),
    negative: read.optional(from, 'negative', at, (item, place) => buckets(read, item, place)),
    exemplars: read.list(from, 'exemplars', at, (item, place) => exemplar(read, item, place)),
    zeroThreshold: read.double(from, 'zeroThreshold', at),
  };
}

function summaryPoint(read: JsonReader, from: Json, at: string): OtlpSummaryPoint {
  return {
    ...common(read, from, at),
    count: read.uint64(from, 'count', at),
    sum: read.double(from, 'sum', at),
    quantileValues: read.list(from, 'quantileValues', at, (item, place) => {
      const value = read.object(item, place);
      return { quantile: read.double(value, 'quantile', place), value: read.double(value, 'value', place) };
    }),
  };
}

const common = (read: JsonReader, from: Json, at: string) => ({
  attributes: attributes(read, from, at),
  startTimeUnixNano: read.uint64(from, 'startTimeUnixNano', at),
  timeUnixNano: read.uint64(from, 'timeUnixNano', at),
  flags: read.uint32(from, 'flags', at),
});

const numberValue = (read: JsonReader, from: Json, at: string) => ({
  asDouble: read.double(from, 'asDouble', at),
  asInt: read.int64(from, 'asInt', at),
});

const distribution = (read: JsonReader, from: Json, at: string) => ({
  count: read.uint64(from, 'count', at),
  sum: read.double(from, 'sum', at),
  min: read.double(from, 'min', at),
  max: read.double(from, 'max', at),
});

function buckets(read: JsonReader, json: unknown, at: string): OtlpBuckets {
  const from = read.object(json, at);
  return { offset: read.int32(from, 'offset', at), bucketCounts: read.uint64s(from, 'bucketCounts', at) };
}

function exemplar(read: JsonReader, json: unknown, at: string): OtlpExemplar {
  const from = read.object(json, at);
  return {
    ...numberValue(read, from, at),
    timeUnixNano: read.uint64(from, 'timeUnixNano', at),
    spanId: read.id(from, 'spanId', at),
    traceId: read.id(from, 'traceId', at),
    filteredAttributes: attributes(read, from, at, 'filteredAttributes'),
  };
}
