import { randomBytes } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { keptZstd } from './kept-zstd.ts';

const LEVEL = 1;
const publicly = (bytes: Buffer) =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });

test('this Node has it, and each frame is the one that the public function makes', () => {
  const compress = keptZstd(LEVEL);
  const text = Buffer.from('gen_ai.operation.name execute_tool '.repeat(40_000));
  for (const length of [0, 1, 700, 60_000, 64 << 10, 300_000, 1 << 20, 5]) {
    for (const bytes of [text.subarray(0, length), randomBytes(length)]) {
      const frame = compress?.(bytes);
      expect(frame?.equals(publicly(bytes))).toBe(true);
      expect(zstdDecompressSync(frame ?? Buffer.alloc(0)).equals(bytes)).toBe(true);
    }
  }
});

test('what is too long is left to the public function, and the next is compressed again', () => {
  const compress = keptZstd(LEVEL);
  expect(compress?.(Buffer.alloc((1 << 20) + 1))).toBeUndefined();
  expect(compress?.(Buffer.from('next'))?.equals(publicly(Buffer.from('next')))).toBe(true);
});
