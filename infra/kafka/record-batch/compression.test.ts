import { randomBytes } from 'node:crypto';
import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { COMPRESSION, decompress } from './compression.ts';
import { isOneZstdFrame, zstdContentSize } from './zstd-frame.ts';

const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const text = Buffer.from('spans '.repeat(50_000));
const reason = (act: () => unknown) => {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

test('whatever Node’s function reads is read, and whatever it refuses is refused with its words', async () => {
  const stream = createZstdCompress();
  stream.write(text.subarray(0, 1000));
  stream.end(text.subarray(1000));
  const frame = zstdCompressSync(text, checksum);
  const wrong = Buffer.from(frame);
  wrong[frame.length - 1] ^= 0x55;
  const wrongSize = zstdCompressSync(text, checksum);
  wrongSize.writeUInt32LE(text.length + 10, zstdContentSize(wrongSize) === text.length ? 6 : 5);
  const frames = {
    one: frame,
    'without its size': Buffer.concat(await Array.fromAsync(stream)),
    two: Buffer.concat([frame, zstdCompressSync(Buffer.from('more'))]),
    'larger than what a header is believed': zstdCompressSync(Buffer.alloc(9 << 20, 'x'), checksum),
    random: zstdCompressSync(randomBytes(100_000)),
    'of the same byte': zstdCompressSync(Buffer.alloc(200_000), checksum),
    empty: zstdCompressSync(Buffer.alloc(0)),
    'a wrong checksum': wrong,
    'another size': wrongSize,
    'no checksum': frame.subarray(0, -4),
    half: frame.subarray(0, frame.length >> 1),
    'no frame': Buffer.alloc(50, 7),
    'a frame and no frame': Buffer.concat([frame, Buffer.alloc(50, 7)]),
    nothing: Buffer.alloc(0),
  };
  for (const [name, bytes] of Object.entries(frames)) {
    const refused = reason(() => zstdDecompressSync(bytes));
    expect(
      reason(() => decompress(COMPRESSION.zstd, bytes)),
      name,
    ).toBe(refused);
    if (refused === undefined)
      expect(decompress(COMPRESSION.zstd, bytes).equals(zstdDecompressSync(bytes)), name).toBe(true);
    // One that is whole, in between: nothing of the one before is left.
    expect(decompress(COMPRESSION.zstd, frame).equals(text), `after ${name}`).toBe(true);
  }
  expect(reason(() => decompress(COMPRESSION.zstd, wrong))).toBeDefined();
});

test('the end of a frame is found by its blocks', () => {
  for (const bytes of [text, randomBytes(300_000), Buffer.alloc(400_000), Buffer.from('a'.repeat(30))])
    for (const options of [checksum, {}]) {
      const frame = zstdCompressSync(bytes, options);
      expect(isOneZstdFrame(frame)).toBe(frame.length >= 18);
      expect(isOneZstdFrame(frame.subarray(0, -1))).toBe(false);
      expect(isOneZstdFrame(Buffer.concat([frame, Buffer.alloc(1)]))).toBe(false);
    }
});

test('the content goes into the memory that is given', () => {
  const own = Buffer.alloc(text.length);
  const memory = { allocate: (bytes: number) => own.subarray(0, bytes) };
  const clear = decompress(COMPRESSION.zstd, zstdCompressSync(text), memory);
  expect(clear.buffer).toBe(own.buffer);
  expect(own.equals(text)).toBe(true);
});
