/** SummaryDataPoint → a row of otel_metrics_summary. */
import { SummaryDataPoint as Point, ValueAtQuantile } from '#schemas/otlp/metric-fields.ts';
import { lengthEnd, next, skip, tag, varint } from '#schemas/otlp/wire.ts';
import { Ranges } from '../otlp/ranges.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { writeCount, writeDouble } from './distribution.ts';
import { HEAD_COLUMNS, type MetricContext, TAIL_COLUMNS, writeHead, writeTail } from './point.ts';

export const SUMMARY_COLUMNS = [
  ...HEAD_COLUMNS,
  'Count',
  'Sum',
  'ValueAtQuantiles.Quantile',
  'ValueAtQuantiles.Value',
  'Flags',
  ...TAIL_COLUMNS,
];

const quantiles = new Ranges();

/** SUMMARY_COLUMNS of the data point b[from, end). Throws WireFault. */
export function writeSummaryPoint(
  out: RowBuffer,
  b: Uint8Array,
  from: number,
  end: number,
  context: MetricContext,
): void {
  let start = -1;
  let time = -1;
  let count = -1;
  let sum = -1;
  let flags = 0;
  quantiles.n = 0;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const at = next;
    p = skip(b, at, end, field);
    switch (field) {
      case Point.startTimeUnixNano:
        start = at;
        break;
      case Point.timeUnixNano:
        time = at;
        break;
      case Point.count:
        count = at;
        break;
      case Point.sum:
        sum = at;
        break;
      case Point.flags:
        flags = varint(b, at, end);
        break;
      case Point.quantileValues:
        lengthEnd(b, at, end);
        quantiles.add(next, p);
        break;
    }
  }
  writeHead(out, b, from, end, { attributes: Point.attributes, start, time }, context);
  writeCount(out, b, count);
  writeDouble(out, b, sum);
  for (const wanted of [ValueAtQuantile.quantile, ValueAtQuantile.value]) {
    out.varint(quantiles.n);
    for (let i = 0; i < quantiles.n; i++) {
      writeDouble(out, b, placeOf(b, quantiles.from(i), quantiles.to(i), wanted));
    }
  }
  out.uint32(flags);
  writeTail(out, context);
}

/** Where the last field `wanted` (fixed64) of the message b[from, end) stands, or −1. */
function placeOf(b: Uint8Array, from: number, end: number, wanted: number): number {
  let place = -1;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const at = next;
    p = skip(b, at, end, field);
    if (field === wanted) place = at;
  }
  return place;
}
