/**
 * Tags (field number × 8 + wire type) of OTLP's metric messages.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
 *
 * MetricsData, ResourceMetrics and ScopeMetrics number their fields as the trace messages do (`ENVELOPE`).
 * Repeated numbers are packed (wire type 2); a reader must take single ones, too (`…Single`).
 */
export const Metric = {
  name: 0x0a,
  description: 0x12,
  unit: 0x1a,
  gauge: 0x2a,
  sum: 0x3a,
  histogram: 0x4a,
  exponentialHistogram: 0x52,
  summary: 0x5a,
  metadata: 0x62,
} as const;

/** Of Gauge, Sum, Histogram, ExponentialHistogram and Summary, as far as they have them. */
export const MetricPoints = { dataPoints: 0x0a, aggregationTemporality: 0x10, isMonotonic: 0x18 } as const;

/** Of every kind of data point. */
export const DataPoint = { startTimeUnixNano: 0x11, timeUnixNano: 0x19 } as const;

export const NumberDataPoint = {
  ...DataPoint,
  asDouble: 0x21,
  exemplars: 0x2a,
  /** sfixed64 */
  asInt: 0x31,
  attributes: 0x3a,
  flags: 0x40,
} as const;

export const HistogramDataPoint = {
  ...DataPoint,
  /** fixed64 */
  count: 0x21,
  sum: 0x29,
  /** fixed64 */
  bucketCounts: 0x32,
  bucketCountsSingle: 0x31,
  /** double */
  explicitBounds: 0x3a,
  explicitBoundsSingle: 0x39,
  exemplars: 0x42,
  attributes: 0x4a,
  flags: 0x50,
  min: 0x59,
  max: 0x61,
} as const;

export const ExponentialHistogramDataPoint = {
  attributes: 0x0a,
  ...DataPoint,
  /** fixed64 */
  count: 0x21,
  sum: 0x29,
  /** sint32 */
  scale: 0x30,
  /** fixed64 */
  zeroCount: 0x39,
  positive: 0x42,
  negative: 0x4a,
  flags: 0x50,
  exemplars: 0x5a,
  min: 0x61,
  max: 0x69,
  zeroThreshold: 0x71,
} as const;

/** Of ExponentialHistogramDataPoint. */
export const Buckets = {
  /** sint32 */
  offset: 0x08,
  /** uint64 */
  bucketCounts: 0x12,
  bucketCountsSingle: 0x10,
} as const;

export const SummaryDataPoint = {
  ...DataPoint,
  /** fixed64 */
  count: 0x21,
  sum: 0x29,
  quantileValues: 0x32,
  attributes: 0x3a,
  flags: 0x40,
} as const;

export const ValueAtQuantile = { quantile: 0x09, value: 0x11 } as const;

export const Exemplar = {
  timeUnixNano: 0x11,
  asDouble: 0x19,
  spanId: 0x22,
  traceId: 0x2a,
  /** sfixed64 */
  asInt: 0x31,
  filteredAttributes: 0x3a,
} as const;
