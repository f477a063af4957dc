/** The JSON of an ExportLogsServiceRequest. */

import { LogRecord } from '../log-fields.ts';
import { ANY_VALUE, attributes, exportOf } from './common.ts';
import { JsonMessage, Kind } from './message.ts';

const SEVERITIES = [
  'SEVERITY_NUMBER_UNSPECIFIED',
  ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) =>
    ['', '2', '3', '4'].map((step) => `SEVERITY_NUMBER_${name}${step}`),
  ),
];

const RECORD = new JsonMessage({
  timeUnixNano: [Kind.fixed64, LogRecord.timeUnixNano],
  observedTimeUnixNano: [Kind.fixed64, LogRecord.observedTimeUnixNano],
  severityNumber: [Kind.enumeration, LogRecord.severityNumber, { names: SEVERITIES }],
  severityText: [Kind.text, LogRecord.severityText],
  body: [Kind.message, LogRecord.body, { message: ANY_VALUE }],
  attributes: attributes(LogRecord.attributes),
  droppedAttributesCount: [Kind.uint32, LogRecord.droppedAttributesCount],
  flags: [Kind.fixed32, LogRecord.flags],
  traceId: [Kind.hex, LogRecord.traceId],
  spanId: [Kind.hex, LogRecord.spanId],
  eventName: [Kind.text, LogRecord.eventName],
});

export const LOGS = exportOf(
  { resources: 'resourceLogs', scopes: 'scopeLogs', members: 'logRecords' },
  RECORD,
);
