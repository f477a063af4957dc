/**
 * OTLP JSON → OTLP protobuf bytes, so that both take the same way through the door.
 *
 * As the OTLP specification says: ids in hex (either case), lowerCamelCase names, 64-bit integers as decimal strings
 * or numbers, enums as numbers (names are read too), unknown fields ignored. null reads as absent, as in proto3 JSON.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
import { isUtf8 } from 'node:buffer';
import { LOGS } from './json/logs.ts';
import type { JsonMessage } from './json/message.ts';
import { METRICS } from './json/metrics.ts';
import { pathTo } from './json/path.ts';
import { JsonFault } from './json/scan.ts';
import { isJson } from './json/skip.ts';
import { TRACES } from './json/spans.ts';
import { transcode } from './json/transcoder.ts';

export type Converted = { ok: true; otlp: Uint8Array } | { ok: false; reason: string };

/** Never throws; a reason names the place (`resourceSpans[0].scopeSpans[1].spans[3].traceId: …`) and never what stood there. */
export type Convert = (body: Uint8Array, options: { maxNesting: number }) => Converted;

/**
 * The protobuf bytes of an ExportTraceServiceRequest in JSON. Ids of a wrong length are converted as they are: the
 * splitter rejects those spans alone.
 */
export const convertTracesJson = converterOf(TRACES);
/** The protobuf bytes of an ExportMetricsServiceRequest in JSON. */
export const convertMetricsJson = converterOf(METRICS);
/** The protobuf bytes of an ExportLogsServiceRequest in JSON. */
export const convertLogsJson = converterOf(LOGS);

function converterOf(message: JsonMessage): Convert {
  return (body, { maxNesting }) => {
    if (!isUtf8(body)) return { ok: false, reason: 'body: not UTF-8' };
    try {
      return { ok: true, otlp: transcode(body, message, maxNesting) };
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      return { ok: false, reason: reasonOf(body, error) };
    }
  };
}

/** The body's end was not looked at yet: where it is no JSON there, nothing in it is worth a word. */
function reasonOf(body: Uint8Array, { offset, what }: JsonFault): string {
  if (what === undefined || !isJson(body)) return 'body: not JSON';
  return `${pathTo(body, offset) || 'body'}: ${what}`;
}
