/** ExponentialHistogramDataPoint → a row of otel_metrics_exponential_histogram. */
import { Buckets, ExponentialHistogramDataPoint as Point } from '#schemas/otlp/metric-fields.ts';
import { int64, lengthEnd, next, skip, tag, varint } from '#schemas/otlp/wire.ts';
import { Ranges } from '../otlp/ranges.ts';
import { zigzag } from '../otlp/values.ts';
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

export const EXPONENTIAL_COLUMNS = [
  ...HEAD_COLUMNS,
  'Count',
  'Sum',
  'Scale',
  'ZeroCount',
  'PositiveOffset',
  'PositiveBucketCounts',
  'NegativeOffset',
  'NegativeBucketCounts',
  ...EXEMPLAR_COLUMNS,
  'Flags',
  'Min',
  'Max',
  'AggregationTemporality',
  ...TAIL_COLUMNS,
  ...PRESENCE_COLUMNS,
  'ZeroThreshold',
];

const point = new Distribution(Point);
const positive = new Ranges();
const negative = new Ranges();

/** EXPONENTIAL_COLUMNS of the data point b[from, end). Throws WireFault. */
export function writeExponentialPoint(
  out: RowBuffer,
  b: Uint8Array,
  from: number,
  end: number,
  context: MetricContext,
): void {
  let scale = 0;
  let zeroCount = -1;
  let zeroThreshold = -1;
  point.clear();
  positive.n = negative.n = 0;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const at = next;
    p = skip(b, at, end, field);
    switch (field) {
      case Point.scale:
        scale = zigzag(varint(b, at, end));
        break;
      case Point.zeroCount:
        zeroCount = at;
        break;
      case Point.zeroThreshold:
        zeroThreshold = at;
        break;
      case Point.positive:
        lengthEnd(b, at, end);
        positive.add(next, p);
        break;
      case Point.negative:
        lengthEnd(b, at, end);
        negative.add(next, p);
        break;
      default:
        point.read(b, field, at, p);
    }
  }
  writeHead(out, b, from, end, point, context);
  writeCount(out, b, point.count);
  writeDouble(out, b, point.sum);
  out.uint32(scale);
  writeCount(out, b, zeroCount);
  writeBuckets(out, b, positive);
  writeBuckets(out, b, negative);
  writeExemplars(out, b, point.exemplars);
  writeExtremes(out, b, point, context);
  writeTail(out, context);
  writePresence(out, point);
  writeDouble(out, b, zeroThreshold);
}

/** …Offset Int32 and …BucketCounts Array(UInt64). Of a repeated message the fields are merged (protobuf). */
function writeBuckets(out: RowBuffer, b: Uint8Array, messages: Ranges): void {
  let offset = 0;
  const counts: (number | bigint)[] = [];
  for (let i = 0; i < messages.n; i++) {
    const end = messages.to(i);
    for (let p = messages.from(i); p < end; ) {
      const field = tag(b, p, end);
      const at = next;
      p = skip(b, at, end, field);
      if (field === Buckets.offset) offset = zigzag(varint(b, at, end));
      else if (field === Buckets.bucketCountsSingle) counts.push(int64(b, at, end));
      else if (field === Buckets.bucketCounts) {
        lengthEnd(b, at, end);
        for (let q = next; q < p; q = next) counts.push(int64(b, q, p));
      }
    }
  }
  out.uint32(offset);
  out.array(counts, (count) => out.int64(count));
}
