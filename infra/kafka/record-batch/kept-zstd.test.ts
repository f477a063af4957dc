import { randomBytes } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { keptUnzstd, keptZstd } from './kept-zstd.ts';

const LEVEL = 1;
const publicly = (bytes: Buffer) =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });

test('this Node has it, and each frame is the one that the public function makes', () => {
  const compress = keptZstd(LEVEL);
  const text = Buffer.from('gen_ai.operation.name execute_tool '.repeat(40_000));
  for (const length of [0, 1, 700, 60_000, 64 << 10, 300_000, 8 << 20, 5]) {
    for (const bytes of [text.subarray(0, length), randomBytes(length)]) {
      const frame = compress?.(bytes);
      expect(frame?.equals(publicly(bytes))).toBe(true);
      expect(zstdDecompressSync(frame ?? Buffer.alloc(0)).equals(bytes)).toBe(true);
    }
  }
});

test('what is too long is left to the public function, and the next is compressed again', () => {
  const compress = keptZstd(LEVEL);
  expect(compress?.(Buffer.alloc((8 << 20) + 1))).toBeUndefined();
  expect(compress?.(Buffer.from('next'))?.equals(publicly(Buffer.from('next')))).toBe(true);
});

/** Checked, so that any change of a byte breaks it. */
function checkedFrame(bytes: Buffer): Buffer {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

test('a kept decompressor: what was compressed, into the memory that is given', () => {
  const decompress = keptUnzstd();
  const text = Buffer.from('gen_ai.operation.name chat '.repeat(40_000));
  for (const length of [1, 700, 60_000, 300_000, 1 << 20, 5]) {
    for (const bytes of [text.subarray(0, length), randomBytes(length)]) {
      const around = Buffer.alloc(length + 2, 0xaa);
      expect(decompress?.(publicly(bytes), around.subarray(1, length + 1))).toBe(true);
      expect(around.subarray(1, length + 1).equals(bytes)).toBe(true);
      expect([around[0], around[length + 1]]).toEqual([0xaa, 0xaa]);
    }
  }
});

test('frames that are broken, cut short or of another size spoil none of the next', () => {
  const decompress = keptUnzstd();
  const bytes = Buffer.from('execute_tool search '.repeat(10_000));
  const good = checkedFrame(bytes);
  const output = Buffer.alloc(bytes.length);
  const changed = Buffer.from(good);
  changed[changed.length - 1] ^= 1;
  for (const bad of [changed, good.subarray(0, 40), Buffer.alloc(100, 0x28), good.subarray(0, -5)]) {
    expect(decompress?.(bad, output)).toBe(false);
    output.fill(0);
    expect(decompress?.(good, output)).toBe(true);
    expect(output.equals(bytes)).toBe(true);
  }
  expect(decompress?.(good, output.subarray(1))).toBe(false);
  expect(decompress?.(good, Buffer.alloc(bytes.length + 1))).toBe(false);
  expect(decompress?.(good, output)).toBe(true);
});
