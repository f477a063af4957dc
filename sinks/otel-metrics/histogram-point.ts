/** HistogramDataPoint → a row of otel_metrics_histogram. */
import { HistogramDataPoint as Point } from '#schemas/otlp/metric-fields.ts';
import { lengthEnd, next, skip, tag, WireFault } from '#schemas/otlp/wire.ts';
import { Ranges } from '../otlp/ranges.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import {
  Distribution,
  PRESENCE_COLUMNS,
  writeCount,
  writeDouble,
  writeExtremes,
  writePresence,
} from './distribution.ts';
import { EXEMPLAR_COLUMNS, writeExemplars } from './exemplars.ts';
import { HEAD_COLUMNS, type MetricContext, TAIL_COLUMNS, writeHead, writeTail } from './point.ts';

export const HISTOGRAM_COLUMNS = [
  ...HEAD_COLUMNS,
  'Count',
  'Sum',
  'BucketCounts',
  'ExplicitBounds',
  ...EXEMPLAR_COLUMNS,
  'Flags',
  'Min',
  'Max',
  'AggregationTemporality',
  ...TAIL_COLUMNS,
  ...PRESENCE_COLUMNS,
];

const point = new Distribution(Point);
const counts = new Ranges();
const bounds = new Ranges();

/** HISTOGRAM_COLUMNS of the data point b[from, end). Throws WireFault. */
export function writeHistogramPoint(
  out: RowBuffer,
  b: Uint8Array,
  from: number,
  end: number,
  context: MetricContext,
): void {
  point.clear();
  counts.n = bounds.n = 0;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const at = next;
    p = skip(b, at, end, field);
    switch (field) {
      case Point.bucketCounts:
        lengthEnd(b, at, end);
        counts.add(next, p);
        break;
      case Point.bucketCountsSingle:
        counts.add(at, p);
        break;
      case Point.explicitBounds:
        lengthEnd(b, at, end);
        bounds.add(next, p);
        break;
      case Point.explicitBoundsSingle:
        bounds.add(at, p);
        break;
      default:
        point.read(b, field, at, p);
    }
  }
  writeHead(out, b, from, end, point, context);
  writeCount(out, b, point.count);
  writeDouble(out, b, point.sum);
  writeWords(out, b, counts);
  writeWords(out, b, bounds);
  writeExemplars(out, b, point.exemplars);
  writeExtremes(out, b, point, context);
  writeTail(out, context);
  writePresence(out, point);
}

/** Array(UInt64) or Array(Float64): protobuf's 8 bytes are those of RowBinary. */
function writeWords(out: RowBuffer, b: Uint8Array, ranges: Ranges): void {
  let bytes = 0;
  for (let i = 0; i < ranges.n; i++) {
    const size = ranges.to(i) - ranges.from(i);
    if (size % 8 !== 0) throw new WireFault('packed numbers of 8 bytes that end within one', ranges.from(i));
    bytes += size;
  }
  out.varint(bytes / 8);
  for (let i = 0; i < ranges.n; i++) out.raw(b, ranges.from(i), ranges.to(i));
}
