/** What passes of OTLP's metric messages. */
import {
  Buckets,
  DataPoint,
  Exemplar,
  ExponentialHistogramDataPoint as Exponential,
  HistogramDataPoint as Histogram,
  Metric,
  MetricPoints,
  NumberDataPoint as NumberPoint,
  SummaryDataPoint as Summary,
  ValueAtQuantile,
} from './metric-fields.ts';
import { type Shape, shapeOf } from './shape.ts';

const exemplar = shapeOf({
  [Exemplar.timeUnixNano]: 'fixed64',
  [Exemplar.asDouble]: 'fixed64',
  [Exemplar.spanId]: 'spanId',
  [Exemplar.traceId]: 'traceId',
  [Exemplar.asInt]: 'fixed64',
  [Exemplar.filteredAttributes]: 'attribute',
});

const times = { [DataPoint.startTimeUnixNano]: 'fixed64', [DataPoint.timeUnixNano]: 'time' } as const;

const numberPoint = shapeOf({
  ...times,
  [NumberPoint.asDouble]: 'fixed64',
  [NumberPoint.exemplars]: exemplar,
  [NumberPoint.asInt]: 'fixed64',
  [NumberPoint.attributes]: 'attribute',
  [NumberPoint.flags]: 'varint',
});

const histogramPoint = shapeOf({
  ...times,
  [Histogram.count]: 'fixed64',
  [Histogram.sum]: 'fixed64',
  [Histogram.bucketCounts]: 'packed64',
  [Histogram.bucketCountsSingle]: 'fixed64',
  [Histogram.explicitBounds]: 'packed64',
  [Histogram.explicitBoundsSingle]: 'fixed64',
  [Histogram.exemplars]: exemplar,
  [Histogram.attributes]: 'attribute',
  [Histogram.flags]: 'varint',
  [Histogram.min]: 'fixed64',
  [Histogram.max]: 'fixed64',
});

const buckets = shapeOf({
  [Buckets.offset]: 'varint',
  [Buckets.bucketCounts]: 'packedVarint',
  [Buckets.bucketCountsSingle]: 'varint',
});

const exponentialPoint = shapeOf({
  ...times,
  [Exponential.attributes]: 'attribute',
  [Exponential.count]: 'fixed64',
  [Exponential.sum]: 'fixed64',
  [Exponential.scale]: 'varint',
  [Exponential.zeroCount]: 'fixed64',
  [Exponential.positive]: buckets,
  [Exponential.negative]: buckets,
  [Exponential.flags]: 'varint',
  [Exponential.exemplars]: exemplar,
  [Exponential.min]: 'fixed64',
  [Exponential.max]: 'fixed64',
  [Exponential.zeroThreshold]: 'fixed64',
});

const summaryPoint = shapeOf({
  ...times,
  [Summary.count]: 'fixed64',
  [Summary.sum]: 'fixed64',
  [Summary.quantileValues]: shapeOf({
    [ValueAtQuantile.quantile]: 'fixed64',
    [ValueAtQuantile.value]: 'fixed64',
  }),
  [Summary.attributes]: 'attribute',
  [Summary.flags]: 'varint',
});

interface MetricData {
  /** Of the message without its data points. */
  readonly head: Shape;
  readonly point: Shape;
}

const gauge = shapeOf({ [MetricPoints.dataPoints]: 'member' });
const temporal = {
  [MetricPoints.dataPoints]: 'member',
  [MetricPoints.aggregationTemporality]: 'varint',
} as const;

/** The kinds of a metric's data, by their tag in it. */
export const METRIC_DATA: ReadonlyMap<number, MetricData> = new Map([
  [Metric.gauge, { head: gauge, point: numberPoint }],
  [Metric.sum, { head: shapeOf({ ...temporal, [MetricPoints.isMonotonic]: 'varint' }), point: numberPoint }],
  [Metric.histogram, { head: shapeOf(temporal), point: histogramPoint }],
  [Metric.exponentialHistogram, { head: shapeOf(temporal), point: exponentialPoint }],
  [Metric.summary, { head: gauge, point: summaryPoint }],
]);

/** A Metric without its data. */
export const METRIC_HEAD = shapeOf({
  [Metric.name]: 'name',
  [Metric.description]: 'description',
  [Metric.unit]: 'unit',
  [Metric.gauge]: 'member',
  [Metric.sum]: 'member',
  [Metric.histogram]: 'member',
  [Metric.exponentialHistogram]: 'member',
  [Metric.summary]: 'member',
  [Metric.metadata]: 'attribute',
});
