/** The JSON of an ExportMetricsServiceRequest. */

import * as fields from '../metric-fields.ts';
import { attributes, exportOf } from './common.ts';
import { JsonMessage, Kind } from './message.ts';

const TEMPORALITIES = [
  'AGGREGATION_TEMPORALITY_UNSPECIFIED',
  'AGGREGATION_TEMPORALITY_DELTA',
  'AGGREGATION_TEMPORALITY_CUMULATIVE',
];
/** A `oneof`, or `optional`. */
const present = true;

const { Buckets, Exemplar, Metric, MetricPoints, ValueAtQuantile } = fields;

const EXEMPLAR = new JsonMessage({
  asDouble: [Kind.double, Exemplar.asDouble, { present }],
  asInt: [Kind.sfixed64, Exemplar.asInt, { present }],
  timeUnixNano: [Kind.fixed64, Exemplar.timeUnixNano],
  spanId: [Kind.hex, Exemplar.spanId],
  traceId: [Kind.hex, Exemplar.traceId],
  filteredAttributes: attributes(Exemplar.filteredAttributes),
});
const exemplars = (tag: number) => [Kind.messages, tag, { message: EXEMPLAR }] as const;

/** What every kind of data point has. */
const point = (tags: {
  attributes: number;
  startTimeUnixNano: number;
  timeUnixNano: number;
  flags: number;
}) =>
  ({
    attributes: attributes(tags.attributes),
    startTimeUnixNano: [Kind.fixed64, tags.startTimeUnixNano],
    timeUnixNano: [Kind.fixed64, tags.timeUnixNano],
    flags: [Kind.uint32, tags.flags],
  }) as const;

const NUMBER_POINT = new JsonMessage({
  ...point(fields.NumberDataPoint),
  asDouble: [Kind.double, fields.NumberDataPoint.asDouble, { present }],
  asInt: [Kind.sfixed64, fields.NumberDataPoint.asInt, { present }],
  exemplars: exemplars(fields.NumberDataPoint.exemplars),
});

/** What both kinds of histograms have. */
const distribution = (tags: { count: number; sum: number; min: number; max: number; exemplars: number }) =>
  ({
    count: [Kind.fixed64, tags.count],
    sum: [Kind.double, tags.sum, { present }],
    min: [Kind.double, tags.min, { present }],
    max: [Kind.double, tags.max, { present }],
    exemplars: exemplars(tags.exemplars),
  }) as const;

const HISTOGRAM_POINT = new JsonMessage({
  ...point(fields.HistogramDataPoint),
  ...distribution(fields.HistogramDataPoint),
  bucketCounts: [Kind.fixed64s, fields.HistogramDataPoint.bucketCounts],
  explicitBounds: [Kind.doubles, fields.HistogramDataPoint.explicitBounds],
});

const BUCKETS = new JsonMessage({
  offset: [Kind.sint32, Buckets.offset],
  bucketCounts: [Kind.uint64s, Buckets.bucketCounts],
});

const EXPONENTIAL_POINT = new JsonMessage({
  ...point(fields.ExponentialHistogramDataPoint),
  ...distribution(fields.ExponentialHistogramDataPoint),
  scale: [Kind.sint32, fields.ExponentialHistogramDataPoint.scale],
  zeroCount: [Kind.fixed64, fields.ExponentialHistogramDataPoint.zeroCount],
  positive: [Kind.message, fields.ExponentialHistogramDataPoint.positive, { message: BUCKETS }],
  negative: [Kind.message, fields.ExponentialHistogramDataPoint.negative, { message: BUCKETS }],
  zeroThreshold: [Kind.double, fields.ExponentialHistogramDataPoint.zeroThreshold],
});

const QUANTILE = new JsonMessage({
  quantile: [Kind.double, ValueAtQuantile.quantile],
  value: [Kind.double, ValueAtQuantile.value],
});

const SUMMARY_POINT = new JsonMessage({
  ...point(fields.SummaryDataPoint),
  count: [Kind.fixed64, fields.SummaryDataPoint.count],
  sum: [Kind.double, fields.SummaryDataPoint.sum],
  quantileValues: [Kind.messages, fields.SummaryDataPoint.quantileValues, { message: QUANTILE }],
});

const dataPoints = (message: JsonMessage) => [Kind.messages, MetricPoints.dataPoints, { message }] as const;
const aggregationTemporality = [
  Kind.enumeration,
  MetricPoints.aggregationTemporality,
  { names: TEMPORALITIES },
] as const;

const METRIC = new JsonMessage({
  name: [Kind.text, Metric.name],
  description: [Kind.text, Metric.description],
  unit: [Kind.text, Metric.unit],
  gauge: [Kind.message, Metric.gauge, { message: new JsonMessage({ dataPoints: dataPoints(NUMBER_POINT) }) }],
  sum: [
    Kind.message,
    Metric.sum,
    {
      message: new JsonMessage({
        dataPoints: dataPoints(NUMBER_POINT),
        aggregationTemporality,
        isMonotonic: [Kind.bool, MetricPoints.isMonotonic],
      }),
    },
  ],
  histogram: [
    Kind.message,
    Metric.histogram,
    { message: new JsonMessage({ dataPoints: dataPoints(HISTOGRAM_POINT), aggregationTemporality }) },
  ],
  exponentialHistogram: [
    Kind.message,
    Metric.exponentialHistogram,
    { message: new JsonMessage({ dataPoints: dataPoints(EXPONENTIAL_POINT), aggregationTemporality }) },
  ],
  summary: [
    Kind.message,
    Metric.summary,
    { message: new JsonMessage({ dataPoints: dataPoints(SUMMARY_POINT) }) },
  ],
  metadata: attributes(Metric.metadata),
});

export const METRICS = exportOf(
  { resources: 'resourceMetrics', scopes: 'scopeMetrics', members: 'metrics' },
  METRIC,
);
