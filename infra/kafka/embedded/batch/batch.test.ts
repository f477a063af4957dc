import { describe, expect, test } from 'vitest';
import { CODE } from '../wire/codes.ts';
import { buildBatch } from './build.ts';
import { assignOffset, crcMatches, readHeader, stampTime } from './header.ts';
import { readRecords } from './records.ts';
import { type BatchRules, checkBatch } from './validate.ts';

const RULES: BatchRules = {
  maxBytes: 10_000,
  compacted: false,
  appendTime: false,
  maxBeforeMs: Number.MAX_SAFE_INTEGER,
  maxAfterMs: 3_600_000,
};
const NOW = 1_700_000_000_000;
const good = () =>
  buildBatch({
    records: [
      { key: 'a', value: '1', timestamp: NOW },
      { value: null, timestamp: NOW + 5 },
    ],
  });

function codeOf(batch: Buffer, rules: Partial<BatchRules> = {}): number {
  const checked = checkBatch(batch, { ...RULES, ...rules }, NOW);
  return checked.ok ? CODE.NONE : checked.code;
}

describe('a batch', () => {
  test.each([0, 1, 4])('is read as it was built (compression %i)', (compression) => {
    const batch = buildBatch({
      baseOffset: 40,
      compression,
      producerId: 7,
      producerEpoch: 2,
      baseSequence: 11,
      records: [
        { key: 'a', value: '1', timestamp: NOW },
        { value: null, timestamp: NOW - 5 },
      ],
    });
    const header = readHeader(batch)!;
    expect(header).toMatchObject({
      baseOffset: 40,
      lastOffset: 41,
      count: 2,
      compression,
      size: batch.length,
    });
    expect(header).toMatchObject({ producerId: 7, producerEpoch: 2, baseSequence: 11, maxTimestamp: NOW });
    expect(crcMatches(batch, 0, batch.length)).toBe(true);
    expect(readRecords(batch, header)).toMatchObject([
      { offset: 40, timestamp: NOW, key: Buffer.from('a'), tombstone: false },
      { offset: 41, timestamp: NOW - 5, key: null, tombstone: true },
    ]);
  });

  test('gets its place without a new CRC, and the append time with one', () => {
    const batch = good();
    const crc = batch.readUInt32BE(17);
    assignOffset(batch, 123, 0);
    stampTime(batch, readHeader(batch)!, undefined);
    expect(batch.readUInt32BE(17)).toBe(crc);
    stampTime(batch, readHeader(batch)!, NOW + 99);
    const header = readHeader(batch)!;
    expect(header).toMatchObject({
      baseOffset: 123,
      appendTime: true,
      maxTimestamp: NOW + 99,
      baseTimestamp: NOW,
    });
    expect(crcMatches(batch, 0, batch.length)).toBe(true);
    expect(readRecords(batch, header)?.map(({ timestamp }) => timestamp)).toEqual([NOW + 99, NOW + 99]);
    // A producer that claims the append time on a CreateTime topic does not get it.
    stampTime(batch, header, undefined);
    expect(readHeader(batch)?.appendTime).toBe(false);
    expect(crcMatches(batch, 0, batch.length)).toBe(true);
  });
});

describe('what is refused', () => {
  test('nothing of a good one', () => {
    expect(codeOf(good())).toBe(CODE.NONE);
    expect(
      codeOf(buildBatch({ records: [{ key: 'k', value: '' }] }), { compacted: true, maxAfterMs: Infinity }),
    ).toBe(CODE.NONE);
  });

  test.each([
    ['nothing at all', Buffer.alloc(0), {}, CODE.CORRUPT_MESSAGE],
    ['format v1', edited((batch) => batch.writeInt8(1, 16)), {}, CODE.CORRUPT_MESSAGE],
    ['a cut', good().subarray(0, -1), {}, CODE.CORRUPT_MESSAGE],
    ['one byte more', Buffer.concat([good(), Buffer.alloc(1)]), {}, CODE.INVALID_RECORD],
    [
      'a flipped bit',
      edited((batch) => batch.writeUInt8(batch[70] ^ 4, 70), false),
      {},
      CODE.CORRUPT_MESSAGE,
    ],
    ['too many bytes', good(), { maxBytes: 50 }, CODE.MESSAGE_TOO_LARGE],
    ['no records', edited((batch) => batch.writeInt32BE(0, 57)), {}, CODE.INVALID_RECORD],
    ['more records than offsets', edited((batch) => batch.writeInt32BE(3, 57)), {}, CODE.INVALID_RECORD],
    ['a control batch', edited((batch) => batch.writeInt16BE(0x20, 21)), {}, CODE.INVALID_RECORD],
    ['a transactional batch', edited((batch) => batch.writeInt16BE(0x10, 21)), {}, CODE.INVALID_RECORD],
    ['compression 5', edited((batch) => batch.writeInt16BE(5, 21)), {}, CODE.CORRUPT_MESSAGE],
    ['a producer without a sequence', edited((batch) => batch.writeInt8(0, 43)), {}, CODE.INVALID_RECORD],
    ['no key where compacted', good(), { compacted: true }, CODE.INVALID_RECORD],
    ['too late a time', good(), { maxAfterMs: 4 }, CODE.INVALID_TIMESTAMP],
    [
      'too early a time',
      buildBatch({ records: [{ value: '', timestamp: NOW - 9 }] }),
      { maxBeforeMs: 8 },
      CODE.INVALID_TIMESTAMP,
    ],
  ])('%s', (_, batch, rules, code) => {
    expect(codeOf(batch, rules)).toBe(code);
  });
});

/** A good batch, changed, with its CRC made right again. */
function edited(change: (batch: Buffer) => void, fixCrc = true): Buffer {
  const batch = good();
  change(batch);
  if (fixCrc) {
    const header = { ...readHeader(good())!, appendTime: true };
    stampTime(batch, header, undefined); // rewrites the CRC
  }
  return batch;
}
