/** Builds OTLP log messages (protobuf) from plain objects: for the JSON converter, generators and tests. */
import { LogRecord } from './log-fields.ts';
import type { ProtoWriter } from './proto-writer.ts';
import {
  encodeGroups,
  type Id,
  type OtlpAttributes,
  type OtlpResource,
  type OtlpScope,
  type OtlpValue,
  writeAttributes,
  writeCount,
  writeId,
  writeText,
  writeTime,
  writeValue,
} from './write-fields.ts';

export interface OtlpLogRecord {
  timeUnixNano?: bigint;
  observedTimeUnixNano?: bigint;
  /** 1 to 4 trace, 5 to 8 debug, 9 to 12 info, 13 to 16 warn, 17 to 20 error, 21 to 24 fatal. */
  severityNumber?: number;
  severityText?: string;
  body?: OtlpValue;
  attributes?: OtlpAttributes;
  droppedAttributesCount?: number;
  flags?: number;
  traceId?: Id;
  spanId?: Id;
  eventName?: string;
}

export interface OtlpScopeLogs {
  scope?: OtlpScope;
  logRecords?: readonly OtlpLogRecord[];
  schemaUrl?: string;
}

export interface OtlpResourceLogs {
  resource?: OtlpResource;
  scopeLogs?: readonly OtlpScopeLogs[];
  schemaUrl?: string;
}

export interface OtlpLogs {
  resourceLogs: readonly OtlpResourceLogs[];
}

/** An ExportLogsServiceRequest (the same bytes as a LogsData). */
export function encodeLogs({ resourceLogs }: OtlpLogs): Uint8Array {
  return encodeGroups(
    resourceLogs.map(({ scopeLogs = [], ...group }) => ({
      ...group,
      scopes: scopeLogs.map((scope) => ({ ...scope, members: scope.logRecords ?? [] })),
    })),
    writeRecord,
  );
}

function writeRecord(w: ProtoWriter, record: OtlpLogRecord): void {
  const { body } = record;
  writeTime(w, LogRecord.timeUnixNano, record.timeUnixNano);
  writeCount(w, LogRecord.severityNumber, record.severityNumber);
  writeText(w, LogRecord.severityText, record.severityText);
  if (body !== undefined) w.message(LogRecord.body, () => writeValue(w, body));
  writeAttributes(w, LogRecord.attributes, record.attributes);
  writeCount(w, LogRecord.droppedAttributesCount, record.droppedAttributesCount);
  if (record.flags) w.fixed32(LogRecord.flags, record.flags);
  writeId(w, LogRecord.traceId, record.traceId);
  writeId(w, LogRecord.spanId, record.spanId);
  writeTime(w, LogRecord.observedTimeUnixNano, record.observedTimeUnixNano);
  writeText(w, LogRecord.eventName, record.eventName);
}
