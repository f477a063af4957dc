/** For tests: what a reader has made of a file, as plain objects. */
import { ATTRIBUTES_OF, findAttribute, spanLinks } from '#schemas/otlp/attributes.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { type Format, type Reading, readTraceFile } from './read.ts';

export interface ReadSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for none. */
  readonly parentId: string;
  readonly name: string;
  /** OTLP SpanKind and StatusCode. */
  readonly kind: number;
  readonly status: number;
  /** ns */
  readonly start: bigint;
  readonly end: bigint;
  readonly service: unknown;
  readonly links: readonly string[];
  attribute(key: string): unknown;
}

const hex = (ids: Uint8Array, row: number, bytes: number) =>
  Buffer.from(ids.subarray(row * bytes, row * bytes + bytes)).toString('hex');
const time = (c: SpanColumns, at: number) => (BigInt(c.time[at + 1]) << 32n) | BigInt(c.time[at]);

/** Spans in the order of the messages. */
export function spansOf({ messages }: Reading): ReadSpan[] {
  const c = new SpanColumns();
  for (const message of messages) {
    const skimmed = skimSpans(message, c);
    if (!skimmed.ok) throw new Error(skimmed.reason);
  }
  return Array.from({ length: c.n }, (_, row): ReadSpan => {
    const bytes = c.buffers[c.buffer[row]];
    const parentId = hex(c.parentId, row, 8);
    return {
      traceId: hex(c.traceId, row, 16),
      spanId: hex(c.spanId, row, 8),
      parentId: /^0+$/.test(parentId) ? '' : parentId,
      name: Buffer.from(bytes).toString('utf8', c.nameOffset[row], c.nameOffset[row] + c.nameLength[row]),
      kind: c.kind[row],
      status: c.status[row],
      start: time(c, row * 4),
      end: time(c, row * 4 + 2),
      service: findAttribute(
        bytes,
        c.resourceOffset[row],
        c.resourceLength[row],
        ATTRIBUTES_OF.resource,
        'service.name',
      ),
      links: spanLinks(bytes, c.spanOffset[row], c.spanLength[row]).map(({ spanId }) => spanId),
      attribute: (key) => findAttribute(bytes, c.spanOffset[row], c.spanLength[row], ATTRIBUTES_OF.span, key),
    };
  });
}

export const bytesOf = (json: unknown): Uint8Array =>
  Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));

/** Reads JSON (or text) as a file; the whole of it must be readable. */
export function readWhole(json: unknown, format?: Format): ReadSpan[] {
  const reading = readTraceFile(bytesOf(json), format);
  const { faults, skipped } = reading;
  if (faults.count + skipped.count > 0) throw new Error(JSON.stringify([faults.first, skipped.first]));
  return spansOf(reading);
}

/** `place: reason` of everything that could not be read: parts of the file, then spans. */
export function wrongIn(json: unknown, format?: Format): string[] {
  const { faults, skipped } = readTraceFile(bytesOf(json), format);
  return [...faults.first, ...skipped.first].map(({ place, reason }) => `${place}: ${reason}`);
}
