import type { Span } from '../shared/span.ts';

/** A record of the naive pipeline's log, as JSON: one span, or (without one) a tick. Key: the trace id. */
export interface LogRecord {
  readonly tenant: string;
  /** The partition's clock, unix ms. */
  readonly receivedAt: number;
  readonly span?: Span;
}

export function parseRecord(value: Buffer): LogRecord {
  return JSON.parse(value.toString('utf8')) as LogRecord;
}

export function formatRecord(record: LogRecord): string {
  // JSON has no 64-bit integers: nanoseconds are decimal strings, as in OTLP/JSON.
  return JSON.stringify(record, (_, value) => (typeof value === 'bigint' ? String(value) : value));
}
