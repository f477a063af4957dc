/** OTLP logs in JSON → protobuf bytes; see json.ts for what is read how. */
import { anyValue, attributes, type Converted, convertJson } from './json-groups.ts';
import type { JsonReader } from './json-reader.ts';
import { encodeLogGroups, type OtlpLogRecord } from './write-logs.ts';

const NAMES = { resources: 'resourceLogs', scopes: 'scopeLogs', members: 'logRecords' };
const SEVERITIES = [
  'SEVERITY_NUMBER_UNSPECIFIED',
  ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) =>
    ['', '2', '3', '4'].map((step) => `SEVERITY_NUMBER_${name}${step}`),
  ),
];

/** The protobuf bytes of an ExportLogsServiceRequest in JSON. Never throws. */
export function convertLogsJson(body: Uint8Array, options: { maxNesting: number }): Converted {
  return convertJson(body, options, NAMES, record, encodeLogGroups);
}

function record(read: JsonReader, json: unknown, at: string): OtlpLogRecord {
  const from = read.object(json, at);
  return {
    timeUnixNano: read.uint64(from, 'timeUnixNano', at),
    observedTimeUnixNano: read.uint64(from, 'observedTimeUnixNano', at),
    severityNumber: read.enumeration(from, 'severityNumber', at, SEVERITIES),
    severityText: read.text(from, 'severityText', at),
    body: read.optional(from, 'body', at, (item, place) => anyValue(read, item, place, 0)),
    attributes: attributes(read, from, at),
    droppedAttributesCount: read.uint32(from, 'droppedAttributesCount', at),
    flags: read.uint32(from, 'flags', at),
    traceId: read.id(from, 'traceId', at),
    spanId: read.id(from, 'spanId', at),
    eventName: read.text(from, 'eventName', at),
  };
}
