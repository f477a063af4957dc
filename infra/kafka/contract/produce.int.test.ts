import { CompressionTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBatch } from '../embedded/batch/build.ts';
import { readHeader } from '../embedded/batch/header.ts';
import { CODE } from '../embedded/wire/codes.ts';
import { lz4Stored, snappyLiterals } from './codecs.ts';
import { readAll } from './consume.ts';
import {
  createTopic,
  kafkaOf,
  openBroker,
  producerOf,
  rawClient,
  type TestBroker,
  uniqueName,
} from './harness.ts';
import type { RawClient } from './raw-client.ts';
import { fetch, produce } from './raw-requests.ts';

let broker: TestBroker;
let client: RawClient;

beforeAll(async () => {
  broker = await openBroker();
  client = await rawClient(broker);
});

afterAll(async () => {
  client?.close();
  await broker?.close();
});

const newTopic = (config: Record<string, string> = {}) => createTopic(kafkaOf(broker), 1, config);

describe('codecs', () => {
  test.each([
    ['none', CompressionTypes.None],
    ['gzip', CompressionTypes.GZIP],
    ['zstd', CompressionTypes.ZSTD],
  ])('records sent with %s come back as they were', async (_, compression) => {
    const kafka = kafkaOf(broker);
    const topic = await newTopic();
    const producer = await producerOf(kafka);
    const messages = Array.from({ length: 500 }, (_unused, i) => ({
      key: `k${i}`,
      value: `value ${i}`,
      headers: { n: `${i}` },
    }));
    await producer.send({ topic, compression, messages });
    const records = await readAll(kafka, topic, 500);
    expect(records.map(({ key, value, headers }) => [`${key}`, `${value}`, `${headers?.n}`])).toEqual(
      messages.map(({ key, value, headers }) => [key, value, headers.n]),
    );
    await producer.disconnect();
  });

  test.each([
    ['snappy', 2, snappyLiterals],
    ['lz4', 3, lz4Stored],
  ])('a batch in %s passes as it is, but for its place in the log', async (_, compression, encode) => {
    const topic = await newTopic();
    const clear = buildBatch({ records: [{ key: 'k', value: 'v'.repeat(100) }] }).subarray(61);
    const sent = buildBatch({ records: [{ key: 'k', value: '' }], compression, body: encode(clear) });
    await produce(client, topic, buildBatch({ records: [{ value: 'before' }] }));
    expect(await produce(client, topic, Buffer.from(sent))).toMatchObject({ code: CODE.NONE, baseOffset: 1 });
    const { records } = await fetch(client, topic, { offset: 1 });
    const stored = records.subarray(records.length - sent.length);
    expect(readHeader(stored)).toMatchObject({ baseOffset: 1, compression });
    expect(stored.subarray(16)).toEqual(sent.subarray(16));
  });
});

test('batches to several partitions get their own offsets, and a key always the same partition', async () => {
  const kafka = kafkaOf(broker);
  const topic = await createTopic(kafka, 4);
  const producer = await producerOf(kafka);
  const messages = Array.from({ length: 200 }, (_, i) => ({ key: `k${i % 20}`, value: `${i}` }));
  for (let i = 0; i < 4; i++) await producer.send({ topic, messages: messages.slice(i * 50, i * 50 + 50) });
  const records = await readAll(kafka, topic, 200);
  const partitions = Map.groupBy(records, ({ partition }) => partition);
  for (const list of partitions.values())
    expect(list.map(({ offset }) => Number(offset))).toEqual(list.map((_, i) => i));
  const byKey = Map.groupBy(records, ({ key }) => String(key));
  for (const list of byKey.values()) {
    expect(new Set(list.map(({ partition }) => partition)).size).toBe(1);
    expect(list.map(({ value }) => Number(value))).toEqual(
      list.map(({ value }) => Number(value)).sort((a, b) => a - b),
    );
  }
  await producer.disconnect();
});

test('a large record on a topic that allows it', async () => {
  const kafka = kafkaOf(broker);
  const topic = await newTopic({ 'max.message.bytes': '5242880' });
  const producer = await producerOf(kafka);
  await producer.send({ topic, messages: [{ value: Buffer.alloc(3 << 20, 65) }] });
  const [record] = await readAll(kafka, topic, 1);
  expect(record.value?.equals(Buffer.alloc(3 << 20, 65))).toBe(true);
  await producer.disconnect();
});

describe('time', () => {
  const old = {
    records: [
      { value: 'a', timestamp: 1_000_000_000_000 },
      { value: 'b', timestamp: 1_000_000_005_000 },
    ],
  };

  test.each([0, 1])(
    'LogAppendTime: answer, batch and records have the append time (compression %i)',
    async (compression) => {
      const topic = await newTopic({ 'message.timestamp.type': 'LogAppendTime' });
      const before = Date.now();
      const { code, logAppendTime } = await produce(client, topic, buildBatch({ ...old, compression }));
      expect(code).toBe(CODE.NONE);
      expect(logAppendTime).toBeGreaterThanOrEqual(before - 1000);
      expect(logAppendTime).toBeLessThanOrEqual(Date.now() + 1000);
      const header = readHeader((await fetch(client, topic)).records);
      expect(header).toMatchObject({ appendTime: true, maxTimestamp: logAppendTime });
      const records = await readAll(kafkaOf(broker), topic, 2);
      expect(records.map(({ timestamp }) => timestamp)).toEqual([`${logAppendTime}`, `${logAppendTime}`]);
    },
  );

  test('CreateTime: the producer’s times stay', async () => {
    const topic = await newTopic({ 'retention.ms': '-1' }); // the times are old
    expect(await produce(client, topic, buildBatch(old))).toMatchObject({
      code: CODE.NONE,
      logAppendTime: -1,
    });
    const records = await readAll(kafkaOf(broker), topic, 2);
    expect(records.map(({ timestamp }) => timestamp)).toEqual(['1000000000000', '1000000005000']);
  });

  test.each([
    ['CreateTime', 2 * 3_600_000, CODE.INVALID_TIMESTAMP],
    ['CreateTime', 1_800_000, CODE.NONE],
    ['LogAppendTime', 2 * 3_600_000, CODE.NONE],
  ])('%s: %i ms ahead of the broker gives code %i', async (type, ahead, code) => {
    const topic = await newTopic({ 'message.timestamp.type': type });
    const batch = buildBatch({ records: [{ value: 'x', timestamp: Date.now() + ahead }] });
    expect((await produce(client, topic, batch)).code).toBe(code);
  });
});

describe('refusals leave nothing in the log', () => {
  const good = () => buildBatch({ records: [{ key: 'k', value: 'v' }] });

  async function refused(
    code: number,
    batch: Buffer,
    config: Record<string, string> = {},
    options = {},
  ): Promise<void> {
    const topic = await newTopic(config);
    expect((await produce(client, topic, batch, options)).code).toBe(code);
    expect(await fetch(client, topic)).toMatchObject({ code: CODE.NONE, highWatermark: 0 });
  }

  test('a wrong CRC', async () => {
    const batch = good();
    batch[batch.length - 1] ^= 1;
    await refused(CODE.CORRUPT_MESSAGE, batch);
  });

  test('a batch above max.message.bytes', async () => {
    const batch = buildBatch({ records: [{ value: 'x'.repeat(2000) }] });
    await refused(CODE.MESSAGE_TOO_LARGE, batch, { 'max.message.bytes': '1000' });
  });

  test.each([0, 1, 4])(
    'a record without a key on a compacted topic (compression %i)',
    async (compression) => {
      const batch = buildBatch({ records: [{ key: 'k', value: 'v' }, { value: 'v' }], compression });
      await refused(CODE.INVALID_RECORD, batch, { 'cleanup.policy': 'compact' });
    },
  );

  test('two batches in one request for a partition', async () => {
    await refused(CODE.INVALID_RECORD, Buffer.concat([good(), good()]));
  });

  test('acks of 2', async () => {
    await refused(CODE.INVALID_REQUIRED_ACKS, good(), {}, { acks: 2 });
  });

  test('an unknown topic, and an unknown partition', async () => {
    const code = CODE.UNKNOWN_TOPIC_OR_PARTITION;
    expect((await produce(client, uniqueName('none'), good())).code).toBe(code);
    expect((await produce(client, await newTopic(), good(), { partition: 7 })).code).toBe(code);
  });
});

test('acks 0 has no answer and is in the log all the same', async () => {
  const topic = await newTopic();
  const other = await rawClient(broker);
  const silent = produce(other, topic, buildBatch({ records: [{ value: 'v' }] }), { acks: 0 });
  // The next answer on this connection is the fetch's: read as one of Produce it would be another shape.
  const outcome = silent.then(
    () => 'answered',
    () => 'closed',
  );
  const seen = await fetch(client, topic, { maxWait: 20_000 });
  expect(readHeader(seen.records)).toMatchObject({ baseOffset: 0, count: 1 });
  other.close();
  expect(await outcome).toBe('closed');
});
