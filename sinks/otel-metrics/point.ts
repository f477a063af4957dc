/** What the data points of all five kinds of metrics share. */

import { uint32 } from '#schemas/otlp/wire.ts';
import { writeAttributeMap } from '../otel-traces/attribute-map.ts';
import type { Envelope } from '../otlp/envelope.ts';
import { ENVELOPE_COLUMNS } from '../otlp/envelope.ts';
import { writeTime, writeTimeOr } from '../otlp/values.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';

/** What stands in every row of one metric. */
export class MetricContext {
  /** ServiceName … MetricUnit: `HEAD_COLUMNS`. */
  readonly head = new RowBuffer(4096);
  /** TenantId and ReceivedAt. */
  readonly tail = new RowBuffer(512);
  /** Unix milliseconds. */
  receivedAt = 0;
  temporality = 0;
  monotonic = false;

  /** The columns of the metric whose name, description and unit are given, already as RowBinary. */
  setHead(envelope: Envelope, metric: RowBuffer): void {
    this.head.length = 0;
    this.head.raw(envelope.columns.view(), 0, envelope.columns.length);
    this.head.uint32(envelope.scopeDroppedAttributes);
    this.head.raw(metric.view(), 0, metric.length);
  }
}

/** Of every metrics table, in the order of the bytes: first these … */
export const HEAD_COLUMNS = [
  ...ENVELOPE_COLUMNS,
  'ScopeDroppedAttrCount',
  'MetricName',
  'MetricDescription',
  'MetricUnit',
  'Attributes',
  'StartTimeUnix',
  'TimeUnix',
] as const;

/** … and these last. */
export const TAIL_COLUMNS = ['TenantId', 'ReceivedAt'] as const;

/**
 * Writes HEAD_COLUMNS of the data point b[from, end), whose times (fixed64) stand at `start` and `time` (−1: nowhere).
 * A point without a time is stored as of its arrival: OTLP leaves that to the backend, and the arrival is on the log.
 */
export function writeHead(
  out: RowBuffer,
  b: Uint8Array,
  from: number,
  end: number,
  point: { readonly attributes: number; readonly start: number; readonly time: number },
  context: MetricContext,
): void {
  out.raw(context.head.view(), 0, context.head.length);
  writeAttributeMap(out, b, from, end, point.attributes);
  if (point.start < 0) out.words(0, 0);
  else writeTime(out, uint32(b, point.start), uint32(b, point.start + 4));
  writeTimeOr(out, b, point.time, context.receivedAt);
}

/** TAIL_COLUMNS. */
export function writeTail(out: RowBuffer, context: MetricContext): void {
  out.raw(context.tail.view(), 0, context.tail.length);
}

/** Appends the row of one data point, b[from, end). Throws WireFault. */
export type WritePoint = (
  out: RowBuffer,
  b: Uint8Array,
  from: number,
  end: number,
  context: MetricContext,
) => void;
