/**
 * OTLP metrics as protobuf bytes → RowBinary rows of the five otel_metrics_* tables, one row a data point. Column
 * names, types and values are those of the OpenTelemetry Collector's ClickHouse exporter, then our own
 * (../migrations/0007-otel-metrics-gauge.sql).
 */
import { Metric, MetricPoints } from '#schemas/otlp/metric-fields.ts';
import { guarded, lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';
import { Envelope, eachField, eachMember, lastVarint, writeLast } from '../otlp/envelope.ts';
import type { AppendedByTable } from '../projections/projection.ts';
import { checkRowBytes } from '../rowbinary/bound.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import { EXPONENTIAL_COLUMNS, writeExponentialPoint } from './exponential-point.ts';
import { HISTOGRAM_COLUMNS, writeHistogramPoint } from './histogram-point.ts';
import { GAUGE_COLUMNS, SUM_COLUMNS, writeGaugePoint, writeSumPoint } from './number-point.ts';
import { MetricContext, type WritePoint } from './point.ts';
import { SUMMARY_COLUMNS, writeSummaryPoint } from './summary-point.ts';

export interface MetricKind {
  /** Tag of Metric.data. */
  readonly field: number;
  readonly table: string;
  readonly columns: readonly string[];
  readonly write: WritePoint;
}

/** In the order of the row buffers. */
export const METRIC_KINDS: readonly MetricKind[] = [
  { field: Metric.gauge, table: 'otel_metrics_gauge', columns: GAUGE_COLUMNS, write: writeGaugePoint },
  { field: Metric.sum, table: 'otel_metrics_sum', columns: SUM_COLUMNS, write: writeSumPoint },
  {
    field: Metric.histogram,
    table: 'otel_metrics_histogram',
    columns: HISTOGRAM_COLUMNS,
    write: writeHistogramPoint,
  },
  {
    field: Metric.exponentialHistogram,
    table: 'otel_metrics_exponential_histogram',
    columns: EXPONENTIAL_COLUMNS,
    write: writeExponentialPoint,
  },
  {
    field: Metric.summary,
    table: 'otel_metrics_summary',
    columns: SUMMARY_COLUMNS,
    write: writeSummaryPoint,
  },
];

const envelope = new Envelope();
const context = new MetricContext();
const names = new RowBuffer(512);

/**
 * Appends one row for every data point of a MetricBatch, to the buffer of its kind. Never throws on malformed bytes:
 * then all buffers are as before and the reason says where.
 */
export function appendMetrics(
  outs: readonly RowBuffer[],
  batch: { readonly tenant: string; readonly receivedAt: number; readonly otlp: Uint8Array },
): AppendedByTable {
  const before = outs.map(({ length }) => length);
  const rows = METRIC_KINDS.map(() => 0);
  context.receivedAt = batch.receivedAt;
  context.tail.length = 0;
  context.tail.text(batch.tenant);
  context.tail.int64(Math.trunc(batch.receivedAt));
  const result = guarded((): AppendedByTable => {
    eachMember(batch.otlp, envelope, (b, from, end) => metric(outs, before, rows, b, from, end));
    return { ok: true, rows };
  });
  if (!result.ok) {
    for (const [i, out] of outs.entries()) out.length = before[i];
  }
  return result;
}

/** `before`: the lengths of `outs` without the rows of this batch, which are counted in `rows`. */
function metric(
  outs: readonly RowBuffer[],
  before: readonly number[],
  rows: number[],
  b: Uint8Array,
  from: number,
  end: number,
): void {
  let kind = -1;
  let data = 0;
  let dataEnd = 0;
  // The last one counts, as protobuf's oneof says.
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    const found = METRIC_KINDS.findIndex((each) => each.field === field);
    if (found < 0) continue;
    lengthEnd(b, start, end);
    kind = found;
    data = next;
    dataEnd = p;
  }
  if (kind < 0) return;
  names.length = 0;
  writeLast(names, b, from, end, Metric.name);
  writeLast(names, b, from, end, Metric.description);
  writeLast(names, b, from, end, Metric.unit);
  context.setHead(envelope, names);
  context.temporality = lastVarint(b, data, dataEnd, MetricPoints.aggregationTemporality);
  context.monotonic = lastVarint(b, data, dataEnd, MetricPoints.isMonotonic) !== 0;
  eachField(b, data, dataEnd, MetricPoints.dataPoints, (_b, pointFrom, pointEnd) => {
    METRIC_KINDS[kind].write(outs[kind], b, pointFrom, pointEnd, context);
    rows[kind]++;
    checkRowBytes(outs[kind].length - before[kind], pointFrom);
  });
}
