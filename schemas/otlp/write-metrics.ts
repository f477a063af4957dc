/** Builds OTLP metric messages (protobuf) from plain objects: for the JSON converter, generators and tests. */
import {
  Buckets,
  Exemplar,
  ExponentialHistogramDataPoint as Exponential,
  HistogramDataPoint as Histogram,
  Metric,
  MetricPoints,
  NumberDataPoint as NumberPoint,
  SummaryDataPoint as Summary,
  ValueAtQuantile,
} from './metric-fields.ts';
import { ProtoWriter } from './proto-writer.ts';
import {
  encodeGroups,
  type Id,
  type OtlpAttributes,
  type OtlpResource,
  type OtlpScope,
  writeAttributes,
  writeCount,
  writeId,
  writeText,
  writeTime,
} from './write-fields.ts';

/** At most one of the two, as in a oneof. */
interface NumberValue {
  asDouble?: number;
  asInt?: bigint;
}

export interface OtlpExemplar extends NumberValue {
  filteredAttributes?: OtlpAttributes;
  timeUnixNano?: bigint;
  spanId?: Id;
  traceId?: Id;
}

interface OtlpPoint {
  attributes?: OtlpAttributes;
  startTimeUnixNano?: bigint;
  timeUnixNano?: bigint;
  /** Bit 0: no recorded value. */
  flags?: number;
}

export interface OtlpNumberPoint extends OtlpPoint, NumberValue {
  exemplars?: readonly OtlpExemplar[];
}

export interface OtlpHistogramPoint extends OtlpPoint {
  count?: bigint;
  sum?: number;
  bucketCounts?: readonly bigint[];
  explicitBounds?: readonly number[];
  exemplars?: readonly OtlpExemplar[];
  min?: number;
  max?: number;
}

export interface OtlpBuckets {
  offset?: number;
  bucketCounts?: readonly bigint[];
}

export interface OtlpExponentialHistogramPoint extends OtlpPoint {
  count?: bigint;
  sum?: number;
  scale?: number;
  zeroCount?: bigint;
  positive?: OtlpBuckets;
  negative?: OtlpBuckets;
  exemplars?: readonly OtlpExemplar[];
  min?: number;
  max?: number;
  zeroThreshold?: number;
}

export interface OtlpSummaryPoint extends OtlpPoint {
  count?: bigint;
  sum?: number;
  quantileValues?: readonly { quantile?: number; value?: number }[];
}

/** One of the five kinds of data, as in a oneof. */
export interface OtlpMetric {
  name?: string;
  description?: string;
  unit?: string;
  gauge?: { dataPoints?: readonly OtlpNumberPoint[] };
  /** aggregationTemporality: 0 unspecified, 1 delta, 2 cumulative. */
  sum?: {
    dataPoints?: readonly OtlpNumberPoint[];
    aggregationTemporality?: number;
    isMonotonic?: boolean;
  };
  histogram?: { dataPoints?: readonly OtlpHistogramPoint[]; aggregationTemporality?: number };
  exponentialHistogram?: {
    dataPoints?: readonly OtlpExponentialHistogramPoint[];
    aggregationTemporality?: number;
  };
  summary?: { dataPoints?: readonly OtlpSummaryPoint[] };
  metadata?: OtlpAttributes;
}

export interface OtlpScopeMetrics {
  scope?: OtlpScope;
  metrics?: readonly OtlpMetric[];
  schemaUrl?: string;
}

export interface OtlpResourceMetrics {
  resource?: OtlpResource;
  scopeMetrics?: readonly OtlpScopeMetrics[];
  schemaUrl?: string;
}

export interface OtlpMetrics {
  resourceMetrics: readonly OtlpResourceMetrics[];
}

/** An ExportMetricsServiceRequest (the same bytes as a MetricsData). */
export function encodeMetrics({ resourceMetrics }: OtlpMetrics): Uint8Array {
  return encodeGroups(
    resourceMetrics.map(({ scopeMetrics = [], ...group }) => ({
      ...group,
      scopes: scopeMetrics.map((scope) => ({ ...scope, members: scope.metrics ?? [] })),
    })),
    writeMetric,
  );
}

function writeMetric(w: ProtoWriter, metric: OtlpMetric): void {
  writeText(w, Metric.name, metric.name);
  writeText(w, Metric.description, metric.description);
  writeText(w, Metric.unit, metric.unit);
  writePoints(w, Metric.gauge, metric.gauge, writeNumberPoint);
  writePoints(w, Metric.sum, metric.sum, writeNumberPoint);
  writePoints(w, Metric.histogram, metric.histogram, writeHistogramPoint);
  writePoints(w, Metric.exponentialHistogram, metric.exponentialHistogram, writeExponentialPoint);
  writePoints(w, Metric.summary, metric.summary, writeSummaryPoint);
  writeAttributes(w, Metric.metadata, metric.metadata);
}

interface Points<Point> {
  dataPoints?: readonly Point[];
  aggregationTemporality?: number;
  isMonotonic?: boolean;
}

function writePoints<Point>(
  w: ProtoWriter,
  tag: number,
  data: Points<Point> | undefined,
  writePoint: (w: ProtoWriter, point: Point) => void,
): void {
  if (data === undefined) return;
  w.message(tag, () => {
    for (const point of data.dataPoints ?? []) w.message(MetricPoints.dataPoints, () => writePoint(w, point));
    writeCount(w, MetricPoints.aggregationTemporality, data.aggregationTemporality);
    if (data.isMonotonic === true) w.varint(MetricPoints.isMonotonic, 1);
  });
}

function writeNumberPoint(w: ProtoWriter, point: OtlpNumberPoint): void {
  writeTimes(w, point);
  writeOptional(w, NumberPoint.asDouble, point.asDouble);
  writeExemplars(w, NumberPoint.exemplars, point.exemplars);
  if (point.asInt !== undefined) w.fixed64(NumberPoint.asInt, point.asInt);
  writeAttributes(w, NumberPoint.attributes, point.attributes);
  writeCount(w, NumberPoint.flags, point.flags);
}

function writeHistogramPoint(w: ProtoWriter, point: OtlpHistogramPoint): void {
  writeTimes(w, point);
  writeTime(w, Histogram.count, point.count);
  writeOptional(w, Histogram.sum, point.sum);
  writePacked(w, Histogram.bucketCounts, point.bucketCounts, (into, count) => into.fixed64(count));
  writePacked(w, Histogram.explicitBounds, point.explicitBounds, (into, bound) => into.double(bound));
  writeExemplars(w, Histogram.exemplars, point.exemplars);
  writeAttributes(w, Histogram.attributes, point.attributes);
  writeCount(w, Histogram.flags, point.flags);
  writeOptional(w, Histogram.min, point.min);
  writeOptional(w, Histogram.max, point.max);
}

function writeExponentialPoint(w: ProtoWriter, point: OtlpExponentialHistogramPoint): void {
  writeAttributes(w, Exponential.attributes, point.attributes);
  writeTimes(w, point);
  writeTime(w, Exponential.count, point.count);
  writeOptional(w, Exponential.sum, point.sum);
  writeCount(w, Exponential.scale, zigzag(point.scale));
  writeTime(w, Exponential.zeroCount, point.zeroCount);
  writeBuckets(w, Exponential.positive, point.positive);
  writeBuckets(w, Exponential.negative, point.negative);
  writeCount(w, Exponential.flags, point.flags);
  writeExemplars(w, Exponential.exemplars, point.exemplars);
  writeOptional(w, Exponential.min, point.min);
  writeOptional(w, Exponential.max, point.max);
  writeDouble(w, Exponential.zeroThreshold, point.zeroThreshold);
}

function writeBuckets(w: ProtoWriter, tag: number, buckets: OtlpBuckets | undefined): void {
  if (buckets === undefined) return;
  w.message(tag, () => {
    writeCount(w, Buckets.offset, zigzag(buckets.offset));
    writePacked(w, Buckets.bucketCounts, buckets.bucketCounts, (into, count) => into.varint(count));
  });
}

function writeSummaryPoint(w: ProtoWriter, point: OtlpSummaryPoint): void {
  writeTimes(w, point);
  writeTime(w, Summary.count, point.count);
  writeDouble(w, Summary.sum, point.sum);
  for (const { quantile, value } of point.quantileValues ?? []) {
    w.message(Summary.quantileValues, () => {
      writeDouble(w, ValueAtQuantile.quantile, quantile);
      writeDouble(w, ValueAtQuantile.value, value);
    });
  }
  writeAttributes(w, Summary.attributes, point.attributes);
  writeCount(w, Summary.flags, point.flags);
}

function writeTimes(w: ProtoWriter, point: OtlpPoint): void {
  writeTime(w, NumberPoint.startTimeUnixNano, point.startTimeUnixNano);
  writeTime(w, NumberPoint.timeUnixNano, point.timeUnixNano);
}

function writeExemplars(w: ProtoWriter, tag: number, exemplars: readonly OtlpExemplar[] = []): void {
  for (const each of exemplars) {
    w.message(tag, () => {
      writeTime(w, Exemplar.timeUnixNano, each.timeUnixNano);
      writeOptional(w, Exemplar.asDouble, each.asDouble);
      writeId(w, Exemplar.spanId, each.spanId);
      writeId(w, Exemplar.traceId, each.traceId);
      if (each.asInt !== undefined) w.fixed64(Exemplar.asInt, each.asInt);
      writeAttributes(w, Exemplar.filteredAttributes, each.filteredAttributes);
    });
  }
}

/** A double with presence: zero is written. */
function writeOptional(w: ProtoWriter, tag: number, value: number | undefined): void {
  if (value !== undefined) w.double(tag, value);
}

/** A double without presence: positive zero is left out. */
function writeDouble(w: ProtoWriter, tag: number, value: number | undefined): void {
  if (value !== undefined && !Object.is(value, 0)) w.double(tag, value);
}

/** A sint32 as the varint that carries it. */
const zigzag = (value = 0): number => (value >= 0 ? value * 2 : -value * 2 - 1);

/** Numbers without tags. */
class Packed {
  readonly w = new ProtoWriter();
  fixed64(value: bigint): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
    this.w.raw(bytes);
  }
  double(value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.w.raw(bytes);
  }
  varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 0x80);
    this.w.raw(Uint8Array.from([...bytes, Number(rest)]));
  }
}

function writePacked<Value>(
  w: ProtoWriter,
  tag: number,
  values: readonly Value[] | undefined,
  write: (into: Packed, value: Value) => void,
): void {
  if (values === undefined || values.length === 0) return;
  const packed = new Packed();
  for (const value of values) write(packed, value);
  w.bytes(tag, packed.w.finish());
}
