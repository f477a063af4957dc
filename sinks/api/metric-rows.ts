/** Rows of otel_metrics_* as the API gives them. */
import { type MetricPoint, type MetricType, TEMPORALITIES } from './metric-json.ts';
import { int64Of } from './parameters.ts';
import { type Double, doubleOf, instantOf } from './telemetry-json.ts';

type Float = number | string;
type Attributes = Record<string, string>;

export interface Row {
  readonly ServiceName: string;
  readonly MetricName: string;
  readonly MetricUnit: string;
  readonly MetricDescription: string;
  readonly Attributes: Attributes;
  readonly ResourceAttributes: Attributes;
  readonly ScopeName: string;
  readonly ScopeVersion: string;
  readonly Flags: number;
  /** 64-bit integers come as strings. */
  readonly SeriesId: string;
  readonly startNs: string;
  readonly timeNs: string;
}
interface ExemplarRows {
  readonly exemplarTimes: readonly string[];
  readonly 'Exemplars.Value': readonly Float[];
  readonly 'Exemplars.TraceId': readonly string[];
  readonly 'Exemplars.SpanId': readonly string[];
  readonly 'Exemplars.FilteredAttributes': readonly Attributes[];
}
interface NumberRow extends Row, ExemplarRows {
  readonly Value: Float;
}
interface SumRow extends NumberRow {
  readonly AggregationTemporality: number;
  readonly IsMonotonic: boolean;
}
interface DistributionRow extends Row, ExemplarRows {
  readonly Count: string;
  readonly Sum: Float;
  readonly Min: Float;
  readonly Max: Float;
  readonly HasSum: boolean;
  readonly HasMin: boolean;
  readonly HasMax: boolean;
  readonly AggregationTemporality: number;
}
interface HistogramRow extends DistributionRow {
  readonly BucketCounts: readonly string[];
  readonly ExplicitBounds: readonly Float[];
}
interface ExponentialRow extends DistributionRow {
  readonly Scale: number;
  readonly ZeroCount: string;
  readonly ZeroThreshold: Float;
  readonly PositiveOffset: number;
  readonly PositiveBucketCounts: readonly string[];
  readonly NegativeOffset: number;
  readonly NegativeBucketCounts: readonly string[];
}
interface SummaryRow extends Row {
  readonly Count: string;
  readonly Sum: Float;
  readonly 'ValueAtQuantiles.Quantile': readonly Float[];
  readonly 'ValueAtQuantiles.Value': readonly Float[];
}

export const HEAD_COLUMNS = `ServiceName, MetricName, MetricUnit, MetricDescription, Attributes, ResourceAttributes, ScopeName,
  ScopeVersion, Flags, SeriesId, toUnixTimestamp64Nano(StartTimeUnix) AS startNs,
  toUnixTimestamp64Nano(TimeUnix) AS timeNs`;
const EXEMPLARS = `arrayMap(time -> toUnixTimestamp64Nano(time), Exemplars.TimeUnix) AS exemplarTimes,
  Exemplars.Value, Exemplars.TraceId, Exemplars.SpanId, Exemplars.FilteredAttributes`;
const DISTRIBUTION = `Count, Sum, Min, Max, HasSum, HasMin, HasMax, AggregationTemporality, ${EXEMPLARS}`;

const isRecorded = (row: Row) => (row.Flags & 1) === 0;

const head = (row: Row) => ({
  service: row.ServiceName,
  name: row.MetricName,
  unit: row.MetricUnit,
  description: row.MetricDescription,
  attributes: row.Attributes,
  resource: row.ResourceAttributes,
  scope: { name: row.ScopeName, version: row.ScopeVersion },
  series: hex64(row.SeriesId),
  startTime: row.startNs === '0' ? null : instantOf(row.startNs).time,
  ...instantOf(row.timeNs),
  recorded: isRecorded(row),
});

const exemplars = (row: ExemplarRows) =>
  row.exemplarTimes.map((nanos, i) => ({
    ...instantOf(nanos),
    value: doubleOf(row['Exemplars.Value'][i]),
    traceId: row['Exemplars.TraceId'][i],
    spanId: row['Exemplars.SpanId'][i],
    attributes: row['Exemplars.FilteredAttributes'][i],
  }));

const number = (row: NumberRow) => ({
  value: isRecorded(row) ? doubleOf(row.Value) : null,
  exemplars: exemplars(row),
});

const temporality = (row: { readonly AggregationTemporality: number }) =>
  TEMPORALITIES[row.AggregationTemporality] ?? 'unspecified';

const sent = (has: boolean, value: Float): Double | null => (has ? doubleOf(value) : null);

const distribution = (row: DistributionRow) => ({
  temporality: temporality(row),
  count: int64Of(row.Count),
  sum: sent(row.HasSum, row.Sum),
  min: sent(row.HasMin, row.Min),
  max: sent(row.HasMax, row.Max),
  exemplars: exemplars(row),
});

const buckets = (offset: number, counts: readonly string[]) => ({
  offset,
  bucketCounts: counts.map(int64Of),
});

interface Kind {
  readonly columns: string;
  readonly toPoint: (row: never) => MetricPoint;
}

/** By type: its own columns, and the point of a row that has them and HEAD_COLUMNS. */
export const KINDS: Readonly<Record<MetricType, Kind>> = {
  gauge: {
    columns: `Value, ${EXEMPLARS}`,
    toPoint: (row: NumberRow) => ({ type: 'gauge', ...head(row), ...number(row) }),
  },
  sum: {
    columns: `Value, AggregationTemporality, IsMonotonic, ${EXEMPLARS}`,
    toPoint: (row: SumRow) => ({
      type: 'sum',
      ...head(row),
      ...number(row),
      temporality: temporality(row),
      monotonic: row.IsMonotonic,
    }),
  },
  histogram: {
    columns: `BucketCounts, ExplicitBounds, ${DISTRIBUTION}`,
    toPoint: (row: HistogramRow) => ({
      type: 'histogram',
      ...head(row),
      ...distribution(row),
      bucketCounts: row.BucketCounts.map(int64Of),
      explicitBounds: row.ExplicitBounds.map(doubleOf),
    }),
  },
  exponential_histogram: {
    columns: `Scale, ZeroCount, ZeroThreshold, PositiveOffset, PositiveBucketCounts, NegativeOffset,
      NegativeBucketCounts, ${DISTRIBUTION}`,
    toPoint: (row: ExponentialRow) => ({
      type: 'exponential_histogram',
      ...head(row),
      ...distribution(row),
      scale: row.Scale,
      zeroCount: int64Of(row.ZeroCount),
      zeroThreshold: doubleOf(row.ZeroThreshold),
      positive: buckets(row.PositiveOffset, row.PositiveBucketCounts),
      negative: buckets(row.NegativeOffset, row.NegativeBucketCounts),
    }),
  },
  summary: {
    columns: 'Count, Sum, ValueAtQuantiles.Quantile, ValueAtQuantiles.Value',
    toPoint: (row: SummaryRow) => ({
      type: 'summary',
      ...head(row),
      count: int64Of(row.Count),
      sum: doubleOf(row.Sum),
      quantiles: row['ValueAtQuantiles.Quantile'].map((quantile, i) => ({
        quantile: doubleOf(quantile),
        value: doubleOf(row['ValueAtQuantiles.Value'][i]),
      })),
    }),
  },
};

/** Of a 64-bit integer: 16 hex digits. */
export function hex64(digits: string): string {
  return BigInt.asUintN(64, BigInt(digits)).toString(16).padStart(16, '0');
}
