import { int, long, number, readFrom, skipString } from './avro/reader.ts';

/**
 * `source.clock` of the TraceSummary v3 that `bytes` hold from `from` on; undefined where they do not begin as one. What
 * lies behind the clock is not looked at.
 */
export function readSummaryClock(bytes: Uint8Array, from: number): number | undefined {
  const b = bytes;
  readFrom(b, from);
  const before = skipString(b) && skipString(b) && int(b) && int(b) && long(b) && int(b);
  return before && long(b) ? number : undefined;
}
