/**
 * OTLP log records as protobuf bytes → RowBinary rows of otel_logs. Column names, types and values are those of the
 * OpenTelemetry Collector's ClickHouse exporter, then our own (../migrations/0012-otel-logs.sql).
 */
import { LogRecord } from '#schemas/otlp/log-fields.ts';
import { guarded, lengthEnd, next, skip, tag, uint32, varint } from '#schemas/otlp/wire.ts';
import { writeAnyValue } from '../otel-traces/any-value.ts';
import type { Appended } from '../otel-traces/append.ts';
import { writeAttributeMap } from '../otel-traces/attribute-map.ts';
import { ENVELOPE_COLUMNS, Envelope, eachMember } from '../otlp/envelope.ts';
import { isTime, writeId, writeTimeOr } from '../otlp/values.ts';
import { checkRowBytes } from '../rowbinary/bound.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import { LogIds } from './log-id.ts';

/** In the order of the bytes. */
export const OTEL_LOGS_COLUMNS = [
  'Timestamp',
  'TraceId',
  'SpanId',
  'TraceFlags',
  'SeverityText',
  'SeverityNumber',
  ...ENVELOPE_COLUMNS,
  'Body',
  'LogAttributes',
  'EventName',
  'LogId',
  'TenantId',
  'ReceivedAt',
] as const;

const envelope = new Envelope();
const batchColumns = new RowBuffer(512);
const ids = new LogIds();

interface LogBatchBytes {
  readonly tenant: string;
  readonly receivedAt: number;
  readonly otlp: Uint8Array;
}

/**
 * Appends one row for every record of a LogBatch. Never throws on malformed bytes: then `out` is as before and the
 * reason says where.
 */
export function appendLogs(out: RowBuffer, batch: LogBatchBytes): Appended {
  const before = out.length;
  batchColumns.length = 0;
  batchColumns.text(batch.tenant);
  batchColumns.int64(Math.trunc(batch.receivedAt));
  ids.clear();
  let rows = 0;
  const result = guarded((): Appended => {
    eachMember(batch.otlp, envelope, (b, from, end) => {
      writeRow(out, b, from, end, batch.receivedAt);
      rows++;
      checkRowBytes(out.length - before, from);
    });
    return { ok: true, rows };
  });
  if (!result.ok) out.length = before;
  return result;
}

/** Ids of a wrong size are none; a record without a time is stored as of when it was observed, else as of its arrival. */
function writeRow(out: RowBuffer, b: Uint8Array, from: number, end: number, receivedAt: number): void {
  let time = -1;
  let observed = -1;
  let severity = 0;
  let severityText = from;
  let severityTextTo = from;
  let body = from;
  let bodyTo = from;
  let flags = 0;
  let traceId = from;
  let traceIdTo = from;
  let spanId = from;
  let spanIdTo = from;
  let eventName = from;
  let eventNameTo = from;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const at = next;
    p = skip(b, at, end, field);
    switch (field) {
      case LogRecord.timeUnixNano:
        time = at;
        break;
      case LogRecord.observedTimeUnixNano:
        observed = at;
        break;
      case LogRecord.severityNumber:
        severity = varint(b, at, end);
        break;
      case LogRecord.flags:
        flags = uint32(b, at);
        break;
      case LogRecord.severityText:
        lengthEnd(b, at, end);
        severityText = next;
        severityTextTo = p;
        break;
      case LogRecord.body:
        lengthEnd(b, at, end);
        body = next;
        bodyTo = p;
        break;
      case LogRecord.traceId:
        lengthEnd(b, at, end);
        traceId = next;
        traceIdTo = p;
        break;
      case LogRecord.spanId:
        lengthEnd(b, at, end);
        spanId = next;
        spanIdTo = p;
        break;
      case LogRecord.eventName:
        lengthEnd(b, at, end);
        eventName = next;
        eventNameTo = p;
        break;
    }
  }
  writeTimeOr(out, b, isTime(b, time) ? time : observed, receivedAt);
  writeId(out, b, traceId, traceIdTo, 16);
  writeId(out, b, spanId, spanIdTo, 8);
  // Bits 8 and above say nothing yet; a severity that no byte holds is none (the greatest is 24).
  out.uint8(flags & 0xff);
  out.string(b, severityText, severityTextTo);
  out.uint8(severity > 0xff ? 0 : severity);
  out.raw(envelope.columns.view(), 0, envelope.columns.length);
  writeAnyValue(out, b, body, bodyTo);
  writeAttributeMap(out, b, from, end, LogRecord.attributes);
  out.string(b, eventName, eventNameTo);
  out.text(ids.of(envelope.columns.view(), b.subarray(from, end)));
  out.raw(batchColumns.view(), 0, batchColumns.length);
}
