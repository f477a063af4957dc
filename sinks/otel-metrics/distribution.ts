/** What explicit and exponential histograms share: count, sum and extremes, of which all but the count may be missing. */
import { double, uint32 } from '#schemas/otlp/wire.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import type { MetricContext } from './point.ts';

/** Our own: 0 is what the Collector stores for a sum or extreme that was not sent. */
export const PRESENCE_COLUMNS = ['HasSum', 'HasMin', 'HasMax'] as const;

/** Where the values of a data point stand; −1: nowhere. */
export class Distribution {
  start = -1;
  time = -1;
  count = -1;
  sum = -1;
  min = -1;
  max = -1;
  flags = 0;

  clear(): void {
    this.start = this.time = this.count = this.sum = this.min = this.max = -1;
    this.flags = 0;
  }
}

/** UInt64 of the fixed64 at b[at], 0 where there is none. */
export function writeCount(out: RowBuffer, b: Uint8Array, at: number): void {
  if (at < 0) out.words(0, 0);
  else out.words(uint32(b, at), uint32(b, at + 4));
}

/** Float64 of the double at b[at], 0 where there is none. */
export function writeDouble(out: RowBuffer, b: Uint8Array, at: number): void {
  out.float64(at < 0 ? 0 : double(b, at));
}

/** Flags, Min, Max, AggregationTemporality. */
export function writeExtremes(
  out: RowBuffer,
  b: Uint8Array,
  point: Distribution,
  context: MetricContext,
): void {
  out.uint32(point.flags);
  writeDouble(out, b, point.min);
  writeDouble(out, b, point.max);
  out.uint32(context.temporality);
}

/** PRESENCE_COLUMNS. */
export function writePresence(out: RowBuffer, point: Distribution): void {
  out.uint8(point.sum < 0 ? 0 : 1);
  out.uint8(point.min < 0 ? 0 : 1);
  out.uint8(point.max < 0 ? 0 : 1);
}
