import { WireFault } from '#schemas/otlp/wire.ts';

/**
 * Bytes of rows that one record may become in one table. Every row repeats its resource, so that 300 KB on the log could
 * be gigabytes of rows, which neither we nor the server could hold. A full record (512 KiB) whose resource is forty times
 * the size of its items stays below it.
 */
export const MAX_ROW_BYTES = 64 << 20;

/** To be called after each row, with the bytes of all rows of the record so far: throws WireFault above the bound. */
export function checkRowBytes(bytes: number, at: number): void {
  if (bytes > MAX_ROW_BYTES) throw new WireFault(`rows of more than ${MAX_ROW_BYTES} bytes`, at);
}
