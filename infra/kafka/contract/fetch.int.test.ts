import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBatch } from '../embedded/batch/build.ts';
import { type BatchHeader, readHeader } from '../embedded/batch/header.ts';
import { CODE } from '../embedded/wire/codes.ts';
import { createTopic, kafkaOf, openBroker, rawClient, type TestBroker, uniqueName } from './harness.ts';
import type { RawClient } from './raw-client.ts';
import { fetch, listOffset, produce } from './raw-requests.ts';

let broker: TestBroker;
let reader: RawClient;
let writer: RawClient;

beforeAll(async () => {
  broker = await openBroker();
  reader = await rawClient(broker);
  writer = await rawClient(broker);
});

afterAll(async () => {
  reader?.close();
  writer?.close();
  await broker?.close();
});

const newTopic = (config: Record<string, string> = {}) => createTopic(kafkaOf(broker), 1, config);

/** The whole batches in the bytes of an answer. */
function batchesOf(records: Buffer): BatchHeader[] {
  const batches: BatchHeader[] = [];
  for (let at = 0; ; ) {
    const header = readHeader(records, at);
    if (header === undefined || at + header.size > records.length) return batches;
    batches.push(header);
    at += header.size;
  }
}

/** Appends `count` batches of two records, `size` bytes of value each. */
async function fill(topic: string, count: number, size = 10): Promise<void> {
  for (let i = 0; i < count; i++) {
    await produce(writer, topic, buildBatch({ records: [{ value: 'x'.repeat(size) }, { value: 'y' }] }));
  }
}

describe('long poll', () => {
  test('waits for the first append and is woken by it, long before its time is up', async () => {
    const topic = await newTopic();
    const polling = fetch(reader, topic, { maxWait: 25_000 });
    await fill(topic, 1);
    const { records } = await polling;
    expect(batchesOf(records)).toMatchObject([{ baseOffset: 0, count: 2 }]);
  });

  test('waits until min_bytes are there', async () => {
    const topic = await newTopic();
    const polling = fetch(reader, topic, { maxWait: 25_000, minBytes: 3_000 });
    await fill(topic, 3, 1_000);
    expect(batchesOf((await polling).records)).toHaveLength(3);
  });

  test('answers with what there is when its time is up', async () => {
    const topic = await newTopic();
    expect(await fetch(reader, topic, { maxWait: 100 })).toMatchObject({ code: CODE.NONE, highWatermark: 0 });
    await fill(topic, 1);
    const { records } = await fetch(reader, topic, { maxWait: 100, minBytes: 1 << 20 });
    expect(batchesOf(records)).toHaveLength(1);
  });
});

describe('what is read', () => {
  test('begins with the batch that holds the offset', async () => {
    const topic = await newTopic();
    await fill(topic, 5);
    const { records, highWatermark, startOffset } = await fetch(reader, topic, { offset: 5 });
    expect(batchesOf(records).map(({ baseOffset }) => baseOffset)).toEqual([4, 6, 8]);
    expect([startOffset, highWatermark]).toEqual([0, 10]);
  });

  test('is at least one batch, however small the limits', async () => {
    const topic = await newTopic();
    await fill(topic, 3, 20_000);
    for (const offset of [0, 2, 4]) {
      const { records } = await fetch(reader, topic, { offset, maxBytes: 1, partitionMaxBytes: 1 });
      expect(batchesOf(records)).toMatchObject([{ baseOffset: offset }]);
    }
  });

  test('keeps to the limit of the partition', async () => {
    const topic = await newTopic();
    await fill(topic, 20, 1_000);
    const { records } = await fetch(reader, topic, { partitionMaxBytes: 5_000 });
    expect(records.length).toBeLessThanOrEqual(5_000);
    expect(batchesOf(records)).toHaveLength(4);
  });

  test('goes over segments, one after the other', async () => {
    const topic = await newTopic({ 'segment.bytes': '1048576' });
    await fill(topic, 6, 400_000);
    let offset = 0;
    let batches = 0;
    while (offset < 12) {
      const found = batchesOf((await fetch(reader, topic, { offset, partitionMaxBytes: 8 << 20 })).records);
      expect(found[0].baseOffset).toBe(offset);
      batches += found.length;
      offset = found[found.length - 1].lastOffset + 1;
    }
    expect(batches).toBe(6);
  });
});

describe('refusals', () => {
  test.each([-1, 11, 1_000_000])('offset %i of a log of 10 is out of range', async (offset) => {
    const topic = await newTopic();
    await fill(topic, 5);
    expect((await fetch(reader, topic, { offset, maxWait: 20_000 })).code).toBe(CODE.OFFSET_OUT_OF_RANGE);
  });

  test('an unknown topic and an unknown partition', async () => {
    const code = CODE.UNKNOWN_TOPIC_OR_PARTITION;
    expect((await fetch(reader, uniqueName('none'), { maxWait: 20_000 })).code).toBe(code);
    expect((await fetch(reader, await newTopic(), { partition: 3, maxWait: 20_000 })).code).toBe(code);
  });

  test('a fetch session that was never given', async () => {
    const topic = await newTopic();
    expect((await fetch(reader, topic, { sessionId: 4711 })).error).toBe(CODE.FETCH_SESSION_ID_NOT_FOUND);
    expect((await fetch(reader, topic)).sessionId).toBe(0);
  });
});

describe('offsets', () => {
  test('of the start, the end and a time', async () => {
    const topic = await newTopic({ 'retention.ms': '-1' }); // the times are old
    const at = (timestamp: number) => ({ value: 'v', timestamp: 1_600_000_000_000 + timestamp });
    await produce(writer, topic, buildBatch({ records: [at(0), at(10), at(20)] }));
    await produce(writer, topic, buildBatch({ records: [at(30), at(40)], compression: 1 }));
    expect(await listOffset(reader, topic, -2)).toMatchObject({ code: CODE.NONE, offset: 0 });
    expect(await listOffset(reader, topic, -1)).toMatchObject({ code: CODE.NONE, offset: 5 });
    const found = async (timestamp: number) =>
      (await listOffset(reader, topic, 1_600_000_000_000 + timestamp)).offset;
    expect([await found(-5), await found(10), await found(11), await found(31), await found(41)]).toEqual([
      0, 1, 2, 4, -1,
    ]);
  });

  test('of an unknown topic', async () => {
    expect((await listOffset(reader, uniqueName('none'), -1)).code).toBe(CODE.UNKNOWN_TOPIC_OR_PARTITION);
  });
});
