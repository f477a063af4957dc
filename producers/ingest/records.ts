/** Parts of exports → records of ati.spans and ati.telemetry. */
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { encode } from '#schemas/codec.ts';
import { borrow } from './memory.ts';
import type { BySignal } from './signals.ts';

/** What goes to one partition together. */
export interface Part {
  readonly partition: number;
  /** service.name, which is the record's key; '' for spans, whose partition is their trace's. */
  readonly service: string;
  /** Spans, data points or log records. */
  readonly count: number;
  /** A valid OTLP `TracesData`, `MetricsData` or `LogsData` message. */
  readonly otlp: Uint8Array;
}

/** What goes into one record. */
export interface Batch extends Omit<Part, 'otlp'> {
  readonly tenant: string;
  /** Unix milliseconds. */
  readonly receivedAt: number;
  /** Concatenated OTLP messages of a signal are a valid message. */
  readonly otlp: readonly Uint8Array[];
}

/** The value is in borrowed memory: whoever has sent it gives it back. */
export type RecordOf = (batch: Batch) => OutgoingRecord;

const NOTHING = Buffer.alloc(0);

export const RECORD_OF: BySignal<RecordOf> = {
  traces: ({ partition, tenant, receivedAt, count, otlp }) => ({
    partition,
    key: null,
    value: around(otlp, encode('SpanBatch', { tenant, receivedAt, spanCount: count, otlp: NOTHING })),
  }),
  metrics: ({ partition, service, tenant, receivedAt, count, otlp }) => ({
    partition,
    key: service,
    value: around(
      otlp,
      encode('MetricBatch', { tenant, receivedAt, service, pointCount: count, otlp: NOTHING }),
    ),
  }),
  logs: ({ partition, service, tenant, receivedAt, count, otlp }) => ({
    partition,
    key: service,
    value: around(
      otlp,
      encode('LogBatch', { tenant, receivedAt, service, recordCount: count, otlp: NOTHING }),
    ),
  }),
};

/**
 * The event `empty` with these bytes as its `otlp`, which is the last field of each: Avro writes bytes as their length,
 * doubled (zigzag) as a varint, and themselves. Written once into their place; avsc would copy them three times.
 */
function around(otlp: readonly Uint8Array[], empty: Buffer): Buffer {
  let length = 0;
  for (const each of otlp) length += each.length;
  const head = empty.length - 1; // without the length 0
  let sizeOfLength = 1;
  for (let rest = length * 2; rest > 0x7f; rest = Math.floor(rest / 128)) sizeOfLength++;
  const value = borrow(head + sizeOfLength + length);
  value.set(empty.subarray(0, head));
  let at = head;
  for (let rest = length * 2; ; rest = Math.floor(rest / 128)) {
    value[at++] = rest > 0x7f ? (rest % 128) | 0x80 : rest;
    if (rest <= 0x7f) break;
  }
  for (const each of otlp) {
    value.set(each, at);
    at += each.length;
  }
  return value;
}
