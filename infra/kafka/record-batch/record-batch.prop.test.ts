import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crcMatches, readHeader } from '../embedded/batch/header.ts';
import '../kafkajs.ts'; // zstd, for kafkajs's own decoder
import { COMPRESSION } from './compression.ts';
import { decodeRecordSet } from './decode.ts';
import { encodeBatch, type Message } from './encode.ts';

// kafkajs reads what we write, and we read what it writes: two ways to the same bytes.
const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => object;
const theirDecode = require('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (
  decoder: object,
) => Promise<{
  producerId: string;
  producerEpoch: number;
  firstSequence: number;
  records: {
    offset: string;
    timestamp: string;
    key: Buffer | null;
    value: Buffer | null;
    headers: Record<string, Buffer>;
  }[];
}>;
const theirRequest = require('kafkajs/src/protocol/requests/produce/v7/request.js') as (options: object) => {
  encode(): Promise<{ buffer: Buffer }>;
};

const field = fc.option(fc.uint8Array({ maxLength: 300 }).map(Buffer.from), { nil: null });
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const message: fc.Arbitrary<Message> = fc.record({
  key: field,
  value: field,
  headers: fc.option(
    fc.dictionary(
      text.filter((name) => !(name in {})),
      text,
      { maxKeys: 3, noNullPrototype: true },
    ),
    { nil: undefined },
  ),
  timestamp: fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }),
});
const batch = fc.record({
  messages: fc.array(message, { minLength: 1, maxLength: 20 }),
  compression: fc.constantFrom(...Object.values(COMPRESSION)),
  producerId: fc.integer({ min: -1, max: 2 ** 40 }),
  producerEpoch: fc.integer({ min: 0, max: 32_767 }),
  firstSequence: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
});

const plain = (headers: Readonly<Record<string, Buffer | string>> | undefined) =>
  Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]);

test('kafkajs reads the records that we write, with the identity of their producer', async () => {
  await fc.assert(
    fc.asyncProperty(batch, async ({ messages, compression, ...identity }) => {
      const found = await theirDecode(new Decoder(encodeBatch(messages, compression, identity)));
      expect({ ...found, producerId: Number(found.producerId) }).toMatchObject(identity);
      expect(
        found.records.map(({ key, value, headers, timestamp, offset }) => [
          Number(offset),
          Number(timestamp),
          key,
          value,
          plain(headers),
        ]),
      ).toEqual(
        messages.map(({ key, value, headers, timestamp }, i) => [i, timestamp, key, value, plain(headers)]),
      );
    }),
  );
});

test('without compression, the bytes are those of kafkajs', async () => {
  await fc.assert(
    fc.asyncProperty(batch, async ({ messages, ...identity }) => {
      const { firstSequence, producerId, producerEpoch } = identity;
      const ours = encodeBatch(messages, COMPRESSION.none, identity);
      const theirs = await theirRequest({
        acks: -1,
        timeout: 1,
        compression: 0,
        producerId,
        producerEpoch,
        topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence, messages }] }],
      }).encode();
      expect(theirs.buffer.subarray(-ours.length)).toEqual(ours);
    }),
  );
});

test('what was written is read: from any offset, of several batches, the last of them perhaps cut short', () => {
  fc.assert(
    fc.property(
      fc.array(batch, { minLength: 1, maxLength: 3 }),
      fc.nat(30),
      fc.nat(80),
      (batches, from, cut) => {
        let offset = 0;
        let size = 0;
        const written = batches.map(({ messages, compression, ...identity }) => {
          const bytes = encodeBatch(messages, compression, identity);
          bytes.writeUInt32BE(offset, 4);
          const first = offset;
          offset += messages.length;
          size += bytes.length;
          return {
            bytes,
            records: messages.map((each, i) => ({ ...each, offset: first + i })),
            end: offset,
            endsAt: size,
          };
        });
        const set = Buffer.concat(written.map(({ bytes }) => bytes));
        const there = Math.max(0, size - cut);
        // A batch of one empty record has 68 bytes: a longer cut reaches into the one before.
        const whole = written.filter(({ endsAt }) => endsAt <= there);
        const decoded = decodeRecordSet(set.subarray(0, there), 5, from);
        if (!decoded.ok) throw new Error(decoded.reason);
        const expected = whole.flatMap(({ records }) => records).filter((record) => record.offset >= from);
        expect(decoded.records.map((record) => ({ ...record, headers: plain(record.headers) }))).toEqual(
          expected.map((record) => ({ ...record, partition: 5, headers: plain(record.headers) })),
        );
        expect(decoded.nextOffset).toBe(Math.max(from, whole.at(-1)?.end ?? from));
      },
    ),
  );
});

test('one changed byte is noticed, wherever it is', () => {
  fc.assert(
    fc.property(
      batch,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      ({ messages, compression, ...identity }, at, by) => {
        const bytes = encodeBatch(messages, compression, identity);
        // What stands before the magic byte is not under the CRC: the broker writes it.
        const place = 17 + (at % (bytes.length - 17));
        bytes[place] ^= by;
        const header = readHeader(bytes);
        if (header !== undefined) expect(crcMatches(bytes, 0, bytes.length)).toBe(false);
        expect(decodeRecordSet(bytes, 0, 0).ok).toBe(false);
      },
    ),
  );
});

test('a key that is a text is written as its bytes in UTF-8', () => {
  // Also what has none, and is written as a replacement there.
  const anyText = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(batch, fc.array(anyText, { minLength: 1, maxLength: 5 }), (each, keys) => {
      const { compression, ...identity } = each;
      const keyed = (keyOf: (text: string) => Message['key']) =>
        encodeBatch(
          each.messages.map((one, i) => ({ ...one, key: keyOf(keys[i % keys.length]) })),
          compression,
          identity,
        );
      expect(keyed((key) => key)).toEqual(keyed((key) => Buffer.from(key)));
    }),
    { numRuns: 30 },
  );
});
