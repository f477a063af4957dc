import { COMPRESSION, compress, decompress } from './record-batch/compression.ts';

/** zstd as a codec of kafkajs, for its own producers and consumers (tests drive them). */
export const zstdCodec = {
  compress: (encoder: { readonly buffer: Buffer }): Buffer =>
    Buffer.from(compress(COMPRESSION.zstd, encoder.buffer)), // kafkajs may keep it
  decompress: (bytes: Buffer): Buffer => decompress(COMPRESSION.zstd, bytes),
};
