import { constants, gzipSync, unzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type Memory, SEPARATE } from '../batch-memory.ts';
import { keptUnzstd, keptZstd } from './kept-zstd.ts';
import { isOneZstdFrame, zstdContentSize } from './zstd-frame.ts';

/** Compressions by name, as the attributes of a record batch number them. */
export const COMPRESSION = { none: 0, gzip: 1, zstd: 4 } as const;

/** Level 1: a fifth of the bytes of OTLP batches at two fifths of the CPU of level 3, which gains nothing on them. */
const LEVEL = 1;
/** No record batch of ATI comes near; a hostile one shall not fill the memory. */
const MAX_DECOMPRESSED_BYTES = 256 << 20;
/** The memory that a size in the header of a frame gets unproved. */
const MAX_CLAIMED_BYTES = 8 << 20;
const SMALLEST_CHUNK = 4 << 10;

/**
 * The compressed bytes, which the next call may write over; `bytes` may be reused afterwards, except where `code` is none. Synchronous: measured at 0.5 KB to
 * 1 MB, the thread pool costs two to five times the CPU below 64 KB and never less, and 256 KB compress in half a millisecond.
 */
export function compress(code: number, bytes: Buffer): Buffer {
  if (code === COMPRESSION.gzip) return gzipSync(bytes);
  if (code === COMPRESSION.zstd) return compressZstd(bytes);
  return bytes;
}

const compressKept = keptZstd(LEVEL);

function compressZstd(bytes: Buffer): Buffer {
  return compressKept?.(bytes) ?? compressFresh(bytes);
}

function compressFresh(bytes: Buffer): Buffer {
  return zstdCompressSync(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
    chunkSize: Math.max(SMALLEST_CHUNK, bytes.length >> 1),
  });
}

/**
 * The bytes in the clear: `bytes` themselves where they are not compressed, else in `memory` (zstd) or fresh. Throws where
 * they are broken, larger than 256 MiB, or of a compression that Node has not.
 */
export function decompress(code: number, bytes: Buffer, memory: Memory = SEPARATE): Buffer {
  switch (code) {
    case 0:
      return bytes;
    case COMPRESSION.gzip:
      return unzipSync(bytes, { maxOutputLength: MAX_DECOMPRESSED_BYTES });
    case 2:
      throw new Error('Snappy compression not implemented');
    case 3:
      throw new Error('LZ4 compression not implemented');
    case COMPRESSION.zstd:
      return decompressZstd(bytes, memory);
    default:
      throw new Error(`no compression has the number ${code}`);
  }
}

const decompressKept = keptUnzstd();

/** What says its size, as all that ATI writes, by the kept decompressor; the rest, and what is broken, by Node's function. */
function decompressZstd(bytes: Buffer, memory: Memory): Buffer {
  const size = zstdContentSize(bytes);
  if (size !== undefined && size > 0 && size <= MAX_CLAIMED_BYTES && isOneZstdFrame(bytes)) {
    const output = memory.allocate(size);
    if (decompressKept?.(bytes, output)) return output;
  }
  return decompressFresh(bytes, Math.min(size ?? bytes.length * 6, MAX_CLAIMED_BYTES));
}

/** In one piece where its size is known: Node would else collect pieces of 16 KB and copy them together. */
function decompressFresh(bytes: Buffer, size: number): Buffer {
  // One more byte than there will be, so that the end is seen without another piece.
  const chunkSize = Math.max(SMALLEST_CHUNK, size + 1);
  return zstdDecompressSync(bytes, { maxOutputLength: MAX_DECOMPRESSED_BYTES, chunkSize });
}
