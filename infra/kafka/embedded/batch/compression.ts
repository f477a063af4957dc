import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** What one compressed batch may grow to: a bound against decompression bombs. */
const MAX_DECOMPRESSED = 256 << 20;

const NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** Name of a batch's compression code. */
export function compressionName(code: number): string {
  return NAMES[code] ?? `unknown(${code})`;
}

/** The records of a batch in the clear; undefined for snappy and lz4, which Node does not have, and for garbage. */
export function decompress(code: number, bytes: Buffer): Buffer | undefined {
  try {
    if (code === 0) return bytes;
    if (code === 1) return gunzipSync(bytes, { maxOutputLength: MAX_DECOMPRESSED });
    if (code === 4) return zstdDecompressSync(bytes, { maxOutputLength: MAX_DECOMPRESSED });
  } catch {
    // Not what its batch says it is: the caller treats it as a batch that it cannot look into.
  }
  return undefined;
}

/** Compresses with a code that `decompress` can read. */
export function compress(code: number, bytes: Buffer): Buffer {
  if (code === 1) return gzipSync(bytes);
  if (code === 4) return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  return bytes;
}
