/** Ids as Jaeger and Zipkin write them: hexadecimal without leading zeros, or with fewer digits than OTLP's. */
import { createHash } from 'node:crypto';
import type { Collected } from './collected.ts';
import { JsonFault } from './json-reader.ts';

export const TRACE_ID_BYTES = 16;
export const SPAN_ID_BYTES = 8;

/**
 * An id of `bytes` bytes as lower-case hex: short ones get zeros in front (64-bit trace ids too). Text that is no hex is
 * somebody's name for the span: a hash of it stands for it, and `names` has the name. Throws JsonFault.
 */
export function idOf(json: unknown, at: string, bytes: number, into: Collected): string {
  const digits = bytes * 2;
  if (typeof json !== 'string') throw new JsonFault(at, `must be an id: text of up to ${digits} hex digits`);
  if (json === '') throw new JsonFault(at, 'is an empty id');
  if (/^[0-9a-f]+$/i.test(json)) {
    if (json.length > digits)
      throw new JsonFault(at, `is an id of ${json.length} hex digits: expected at most ${digits}`);
    if (/^0+$/.test(json)) throw new JsonFault(at, 'is an id of zeros');
    return json.toLowerCase().padStart(digits, '0');
  }
  const id = createHash('sha256').update(json).digest('hex').slice(0, digits);
  into.names.set(id, json);
  return id;
}

/** Undefined where there is none. Zeros mean the same to some writers. */
export function parentIdOf(json: unknown, at: string, into: Collected): string | undefined {
  if (json === undefined || json === null || json === '') return undefined;
  if (typeof json === 'string' && /^0+$/.test(json)) return undefined;
  return idOf(json, at, SPAN_ID_BYTES, into);
}
