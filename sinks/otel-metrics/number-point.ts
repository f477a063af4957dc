/** NumberDataPoint → a row of otel_metrics_gauge or otel_metrics_sum. */
import { NumberDataPoint as Point } from '#schemas/otlp/metric-fields.ts';
import { double, lengthEnd, next, skip, tag, varint } from '#schemas/otlp/wire.ts';
import { Ranges } from '../otlp/ranges.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { EXEMPLAR_COLUMNS, signed64, writeExemplars } from './exemplars.ts';
import { HEAD_COLUMNS, type MetricContext, TAIL_COLUMNS, writeHead, writeTail } from './point.ts';

export const GAUGE_COLUMNS = [...HEAD_COLUMNS, 'Value', 'Flags', ...EXEMPLAR_COLUMNS, ...TAIL_COLUMNS];
export const SUM_COLUMNS = [...GAUGE_COLUMNS, 'AggregationTemporality', 'IsMonotonic'];

const exemplars = new Ranges();

/** A point without a value has 0, as at the Collector (its Flags say so: bit 0). */
export function writeGaugePoint(
  out: RowBuffer,
  b: Uint8Array,
  from: number,
  end: number,
  context: MetricContext,
): void {
  let start = -1;
  let time = -1;
  let value = 0;
  let flags = 0;
  exemplars.n = 0;
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
      case Point.asDouble:
        value = double(b, at);
        break;
      case Point.asInt:
        value = signed64(b, at);
        break;
      case Point.flags:
        flags = varint(b, at, end);
        break;
      case Point.exemplars:
        lengthEnd(b, at, end);
        exemplars.add(next, p);
        break;
    }
  }
  writeHead(out, b, from, end, { attributes: Point.attributes, start, time }, context);
  out.float64(value);
  out.uint32(flags);
  writeExemplars(out, b, exemplars);
  writeTail(out, context);
}

/** SUM_COLUMNS of the data point b[from, end). Throws WireFault. */
export function writeSumPoint(
  out: RowBuffer,
  b: Uint8Array,
  from: number,
  end: number,
  context: MetricContext,
): void {
  writeGaugePoint(out, b, from, end, context);
  out.uint32(context.temporality);
  out.uint8(context.monotonic ? 1 : 0);
}
