/** Splits an OTLP logs export by service, through the privacy allowlist. */
import { ENVELOPE } from './fields.ts';
import { LogRecord } from './log-fields.ts';
import { shapeOf } from './shape.ts';
import { type TelemetryOptions, type TelemetrySplit, TelemetrySplitter } from './split-telemetry.ts';
import type { Failure } from './wire.ts';

/**
 * Splits an ExportLogsServiceRequest (the same bytes as a LogsData). Never throws. Malformed framing refuses the body
 * with a reason; a record too large for a part is rejected alone (OTLP's partial success).
 */
export function splitLogs(body: Uint8Array, options: TelemetryOptions): TelemetrySplit | Failure {
  return new LogSplitter(body, options).run();
}

const RECORD = shapeOf({
  [LogRecord.timeUnixNano]: 'fixed64',
  [LogRecord.severityNumber]: 'varint',
  [LogRecord.severityText]: 'code',
  [LogRecord.body]: 'body',
  [LogRecord.attributes]: 'attribute',
  [LogRecord.droppedAttributesCount]: 'varint',
  [LogRecord.flags]: 'fixed32',
  [LogRecord.traceId]: 'traceId',
  [LogRecord.spanId]: 'spanId',
  [LogRecord.observedTimeUnixNano]: 'fixed64',
  [LogRecord.eventName]: 'name',
});

class LogSplitter extends TelemetrySplitter {
  constructor(body: Uint8Array, options: TelemetryOptions) {
    super(body, options, 'log record', 2);
  }

  /** A record of which nothing is left still says that something was logged. */
  protected override fault(): string {
    return '';
  }

  protected override member(from: number, end: number): void {
    this.item(RECORD, ENVELOPE.members, from, end);
  }
}
