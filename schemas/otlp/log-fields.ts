/**
 * Tags (field number × 8 + wire type) of OTLP's LogRecord.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 *
 * LogsData, ResourceLogs and ScopeLogs number their fields as the trace messages do (`ENVELOPE`).
 */
export const LogRecord = {
  timeUnixNano: 0x09,
  severityNumber: 0x10,
  severityText: 0x1a,
  body: 0x2a,
  attributes: 0x32,
  droppedAttributesCount: 0x38,
  /** fixed32 */
  flags: 0x45,
  traceId: 0x4a,
  spanId: 0x52,
  observedTimeUnixNano: 0x59,
  eventName: 0x62,
} as const;
