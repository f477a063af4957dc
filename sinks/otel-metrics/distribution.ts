/** What explicit and exponential histograms share: count, sum and extremes, of which all but the count may be missing. */
import { double, lengthEnd, next, uint32, varint } from '#schemas/otlp/wire.ts';
import { Ranges } from '../otlp/ranges.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import type { MetricContext } from './point.ts';

/** Our own: 0 is what the Collector stores for a sum or extreme that was not sent. */
export const PRESENCE_COLUMNS = ['HasSum', 'HasMin', 'HasMax'] as const;

/** Tags of the fields that both have; their numbers differ. */
interface Fields {
  readonly startTimeUnixNano: number;
  readonly timeUnixNano: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly flags: number;
  readonly exemplars: number;
  readonly attributes: number;
}

/** Where the values of a data point stand; −1: nowhere. */
export class Distribution {
  start = -1;
  time = -1;
  count = -1;
  sum = -1;
  min = -1;
  max = -1;
  flags = 0;
  readonly exemplars = new Ranges();
  /** Tag of its attributes. */
  readonly attributes: number;
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
    this.attributes = fields.attributes;
  }

  clear(): void {
    this.start = this.time = this.count = this.sum = this.min = this.max = -1;
    this.flags = this.exemplars.n = 0;
  }

  /** Notes the field whose value is b[at, to), where it is one of these. Throws WireFault. */
  read(b: Uint8Array, field: number, at: number, to: number): void {
    const fields = this.#fields;
    switch (field) {
      case fields.startTimeUnixNano:
        this.start = at;
        break;
      case fields.timeUnixNano:
        this.time = at;
        break;
      case fields.count:
        this.count = at;
        break;
      case fields.sum:
        this.sum = at;
        break;
      case fields.min:
        this.min = at;
        break;
      case fields.max:
        this.max = at;
        break;
      case fields.flags:
        this.flags = varint(b, at, to);
        break;
      case fields.exemplars:
        lengthEnd(b, at, to);
        this.exemplars.add(next, to);
        break;
    }
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
