import zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decompress } from './compression.ts';
import type { ContentCoding } from './negotiation.ts';

const LIMIT = 4 << 20;
const text = Buffer.from(Array.from({ length: 5000 }, (_, i) => `span ${i} of ${i * 7919}`).join());
const encoders = { gzip: zlib.gzipSync, zstd: zlib.zstdCompressSync, deflate: zlib.deflateSync };

const statusOf = (result: Awaited<ReturnType<typeof decompress>>) =>
  result.ok ? 200 : result.refusal.status;

test('identity is the body itself', async () => {
  expect(await decompress(text, 'identity', LIMIT)).toEqual({ ok: true, value: text });
});

describe.each(Object.entries(encoders))('%s', (name, encode) => {
  const coding = name as ContentCoding;
  const packed = encode(text);

  test('gives back what was compressed', async () => {
    const result = await decompress(packed, coding, LIMIT);
    expect(result.ok && result.value.equals(text)).toBe(true);
  });

  test('an empty message compressed is an empty message', async () => {
    expect(await decompress(encode(Buffer.alloc(0)), coding, LIMIT)).toEqual({
      ok: true,
      value: Buffer.alloc(0),
    });
  });

  test('400 wherever it is cut short', async () => {
    for (const length of [0, 1, 4, packed.length >> 1, packed.length - 5, packed.length - 1])
      expect([length, statusOf(await decompress(packed.subarray(0, length), coding, LIMIT))]).toEqual([
        length,
        400,
      ]);
  });

  test('400 for something else, and for trailing bytes', async () => {
    expect(statusOf(await decompress(text, coding, LIMIT))).toBe(400);
    expect(statusOf(await decompress(Buffer.concat([packed, text]), coding, LIMIT))).toBe(400);
  });

  test('exactly the bound is accepted, one byte more is 413', async () => {
    expect(statusOf(await decompress(packed, coding, text.length))).toBe(200);
    expect(statusOf(await decompress(packed, coding, text.length - 1))).toBe(413);
  });

  test('a bomb is 413 by its ratio, though it fits the bound', async () => {
    const bomb = encode(Buffer.alloc(3 << 20));
    expect(statusOf(await decompress(bomb, coding, LIMIT))).toBe(413);
  });

  test('a small body may compress as well as a bomb', async () => {
    expect(statusOf(await decompress(encode(Buffer.alloc(1 << 20)), coding, LIMIT))).toBe(200);
  });
});

test('gzip members and zstd frames in a row are all read', async () => {
  for (const [coding, encode] of [
    ['gzip', zlib.gzipSync],
    ['zstd', zlib.zstdCompressSync],
  ] as const) {
    const result = await decompress(Buffer.concat([encode(text), encode(text)]), coding, LIMIT);
    expect(result.ok && result.value.length).toBe(2 * text.length);
  }
});

test('the bound holds over all zstd frames together', async () => {
  const twice = Buffer.concat([zlib.zstdCompressSync(text), zlib.zstdCompressSync(text)]);
  expect(statusOf(await decompress(twice, 'zstd', 2 * text.length - 1))).toBe(413);
  expect(statusOf(await decompress(twice, 'zstd', 2 * text.length))).toBe(200);
});

test('a body of countless empty zstd frames is 400', async () => {
  const empty = zlib.zstdCompressSync(Buffer.alloc(0));
  expect(statusOf(await decompress(Buffer.concat(Array(16).fill(empty)), 'zstd', LIMIT))).toBe(200);
  expect(statusOf(await decompress(Buffer.concat(Array(17).fill(empty)), 'zstd', LIMIT))).toBe(400);
});

test('a zstd window beyond 32 MiB is 413: decoding it would take that much memory', async () => {
  const stream = zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_windowLog]: 27 } });
  stream.write(text.subarray(0, 10));
  stream.end(text);
  const packed = Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>));
  expect(statusOf(await decompress(packed, 'zstd', LIMIT))).toBe(413);
});
