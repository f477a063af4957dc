/** Compressed files, known by their first bytes. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

export type Compression = 'none' | 'gzip' | 'zstd';

/** A file that unpacks to more is refused. */
const MAX_BYTES = 2 ** 31 - 1;

export function compressionOf(bytes: Uint8Array): Compression {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd) return 'zstd';
  return 'none';
}

/** The bytes unpacked, or why they cannot be. */
export function unpack(
  bytes: Uint8Array,
  compression: Compression,
): { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly reason: string } {
  if (compression === 'none') return { ok: true, bytes };
  try {
    const inflate = compression === 'gzip' ? gunzipSync : zstdDecompressSync;
    return { ok: true, bytes: inflate(bytes, { maxOutputLength: MAX_BYTES }) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // zlib's own errors only: everything else is a bug.
    if (code === undefined || !/^(Z_|ZSTD_|ERR_BUFFER_TOO_LARGE|ERR_ZSTD)/.test(code)) throw error;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      return { ok: false, reason: `unpacks to more than ${MAX_BYTES} bytes` };
    return { ok: false, reason: `is broken or cut off ${compression} data: ${message}` };
  }
}
