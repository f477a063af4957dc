import { createRequire } from 'node:module';
import { createZstdCompress } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildBatch } from '../embedded/batch/build.ts';
import { writeCrc } from '../embedded/batch/header.ts';
import { COMPRESSION, compress, decompress } from './compression.ts';
import { type Aborted, decodeRecordSet } from './decode.ts';
import { decodeOldMessages, isOldMessageSet } from './old-messages.ts';
import { zstdContentSize } from './zstd-frame.ts';

const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const APPEND_TIME = 0x08;

function withAttributes(batch: Buffer, attributes: number, change?: (bytes: Buffer) => void): Buffer {
  batch.writeInt16BE(attributes, 21);
  change?.(batch);
  writeCrc(batch);
  return batch;
}

function values(set: Buffer, from = 0, aborted: Aborted[] = []) {
  const decoded = decodeRecordSet(set, 0, from, aborted);
  if (!decoded.ok) throw new Error(decoded.reason);
  return { values: decoded.records.map(({ value }) => String(value)), nextOffset: decoded.nextOffset };
}

test('the broker’s time is that of every record', () => {
  const records = [
    { value: 'a', timestamp: 1_000 },
    { value: 'b', timestamp: 2_000 },
  ];
  const set = withAttributes(buildBatch({ records }), APPEND_TIME, (bytes) =>
    bytes.writeBigInt64BE(7_000n, 35),
  );
  const decoded = decodeRecordSet(set, 3, 0);
  expect(decoded.ok && decoded.records.map(({ timestamp }) => timestamp)).toEqual([7_000, 7_000]);
});

test('aborted transactions and control records are not seen, and are passed over', () => {
  const of = (baseOffset: number, producerId: number, value: string) =>
    withAttributes(buildBatch({ baseOffset, producerId, records: [{ value }] }), TRANSACTIONAL);
  const marker = (baseOffset: number, producerId: number, abort: boolean) =>
    withAttributes(
      buildBatch({
        baseOffset,
        producerId,
        records: [{ key: abort ? '\0\0\0\0' : '\0\0\0\x01', value: '' }],
      }),
      TRANSACTIONAL | CONTROL,
    );
  const set = Buffer.concat([
    of(0, 7, 'aborted'),
    of(1, 8, 'committed'),
    marker(2, 7, true),
    of(3, 7, 'next transaction'),
    marker(4, 7, false),
    marker(5, 8, false),
  ]);
  const seen = { values: ['committed', 'next transaction'], nextOffset: 6 };
  expect(values(set, 0, [{ producerId: 7, firstOffset: 0 }])).toEqual(seen);
});

test('a batch that compaction has emptied is passed over', () => {
  const empty = withAttributes(
    buildBatch({ baseOffset: 4, records: [{ value: 'x' }], body: Buffer.alloc(0) }),
    0,
    (b) => b.writeInt32BE(0, 57),
  );
  expect(values(empty, 4)).toEqual({ values: [], nextOffset: 5 });
});

test.each([
  [2, 'Snappy'],
  [3, 'LZ4'],
])('a compression that Node has not: %i', (compression, name) => {
  const set = buildBatch({ compression, records: [{ value: 'x' }], body: Buffer.from('?') });
  expect(() => decodeRecordSet(set, 0, 0)).toThrow(`${name} compression not implemented`);
});

test('records that do not fill their batch as they say are a reason, not garbage', () => {
  const set = withAttributes(buildBatch({ records: [{ value: 'abc' }] }), 0, (bytes) => {
    bytes[61] += 2; // the record is one byte longer than it is
  });
  expect(decodeRecordSet(set, 0, 0)).toEqual({
    ok: false,
    reason: 'the record batch at offset 0 is broken: its record 0 is',
  });
});

test('zstd: what we write says its size; what does not say it is read as well', async () => {
  const clear = Buffer.from('spans '.repeat(50_000));
  const ours = compress(COMPRESSION.zstd, clear);
  expect(zstdContentSize(ours)).toBe(clear.length);
  expect(decompress(COMPRESSION.zstd, ours).equals(clear)).toBe(true);
  const stream = createZstdCompress();
  stream.write(clear.subarray(0, 1000));
  stream.end(clear.subarray(1000));
  const silent = Buffer.concat(await Array.fromAsync(stream));
  expect(zstdContentSize(silent)).toBeUndefined();
  expect(decompress(COMPRESSION.zstd, silent).equals(clear)).toBe(true);
  for (const size of [0, 1, 255, 256, 65_791, 65_792]) {
    const some = clear.subarray(0, size);
    expect(decompress(COMPRESSION.zstd, compress(COMPRESSION.zstd, some)).equals(some)).toBe(true);
  }
});

test('messages of the formats before record batches are read by kafkajs', async () => {
  const require = createRequire(import.meta.url);
  const MessageSet = require('kafkajs/src/protocol/messageSet/index.js') as (options: object) => {
    buffer: Buffer;
  };
  const entries = ['a', 'b', 'c'].map((value) => ({
    key: null,
    value: Buffer.from(value),
    timestamp: 5_000,
  }));
  const set = MessageSet({ messageVersion: 1, compression: 0, entries }).buffer;
  for (let at = 0, offset = 10; at < set.length; at += 12 + set.readInt32BE(at + 8)) {
    set.writeBigInt64BE(BigInt(offset++), at);
  }
  expect(isOldMessageSet(set)).toBe(true);
  expect(isOldMessageSet(buildBatch({ records: [{ value: 'x' }] }))).toBe(false);
  const { records, nextOffset } = await decodeOldMessages(set, 2, 11);
  expect(records.map(({ offset, timestamp, value }) => [offset, timestamp, String(value)])).toEqual([
    [11, 5_000, 'b'],
    [12, 5_000, 'c'],
  ]);
  expect(nextOffset).toBe(13);
});
