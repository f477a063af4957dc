import { CompressionTypes, type Kafka } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildBatch } from '../embedded/batch/build.ts';
import { CODE } from '../embedded/wire/codes.ts';
import { lz4Stored } from './codecs.ts';
import { readAll } from './consume.ts';
import {
  createTopic,
  kafkaOf,
  openBroker,
  producerOf,
  rawClient,
  type TestBroker,
  until,
} from './harness.ts';
import { initProducerId, listOffset, produce } from './raw-requests.ts';

const EAGER = {
  'cleanup.policy': 'compact',
  'min.cleanable.dirty.ratio': '0.01',
  'segment.ms': '500',
  'delete.retention.ms': '500',
};

let broker: TestBroker;
let kafka: Kafka;

beforeAll(async () => {
  broker = await openBroker();
  kafka = kafkaOf(broker);
});

afterAll(async () => {
  await broker?.close();
});

/** Reads what is in the topic up to the record with the key `last`. */
async function contents(topic: string, last: string): Promise<string[]> {
  const found: string[] = [];
  const consumer = kafka.consumer({ groupId: `${topic}-${last}`, maxWaitTimeInMs: 200 });
  let done = false;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const { offset, key, value } = message;
      found.push(`${offset}:${key}=${value ?? '(tombstone)'}`);
      done ||= String(key) === last;
    },
  });
  await until('the topic is read', () => done);
  await consumer.disconnect();
  return found;
}

/**
 * Sends a marker, which closes a segment that is old enough, and reads the topic: again and again until what is there
 * besides the markers is `expected`.
 */
async function untilCompacted(topic: string, expected: readonly string[]): Promise<void> {
  const producer = await producerOf(kafka);
  let round = 0;
  let last: string[] = [];
  try {
    await until(
      'the topic is compacted',
      async () => {
        const marker = `marker-${++round}`;
        await producer.send({ topic, messages: [{ key: marker, value: '' }] });
        last = (await contents(topic, marker)).filter((record) => !record.includes(':marker-'));
        return last.join() === expected.join();
      },
      50_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; it holds ${last.join(' ')}`);
    });
  } finally {
    await producer.disconnect();
  }
}

test.each([
  ['none', CompressionTypes.None],
  ['gzip', CompressionTypes.GZIP],
  ['zstd', CompressionTypes.ZSTD],
])(
  'the last value of each key stays, at its offset, also inside a batch (%s)',
  async (_, compression) => {
    const topic = await createTopic(kafka, 1, EAGER);
    const producer = await producerOf(kafka);
    const send = (...pairs: string[]) =>
      producer.send({
        topic,
        compression,
        messages: pairs.map((pair) => ({ key: pair.split('=')[0], value: pair.split('=')[1] })),
      });
    await send('a=1', 'b=1', 'c=1', 'a=2');
    await send('b=2', 'd=1');
    await send('a=3');
    await producer.disconnect();
    await untilCompacted(topic, ['2:c=1', '4:b=2', '5:d=1', '6:a=3']);
  },
  60_000,
);

test('a tombstone removes its key, and goes itself', async () => {
  const topic = await createTopic(kafka, 1, EAGER);
  const producer = await producerOf(kafka);
  await producer.send({
    topic,
    messages: [
      { key: 'a', value: '1' },
      { key: 'b', value: '1' },
    ],
  });
  await producer.send({ topic, messages: [{ key: 'a', value: null }] });
  await producer.disconnect();
  await untilCompacted(topic, ['1:b=1']);
}, 60_000);

test('a consumer gets over the holes, and over batches of which nothing is left', async () => {
  const topic = await createTopic(kafka, 1, EAGER);
  const client = await rawClient(broker);
  const { id } = await initProducerId(client);
  const send = async (baseSequence: number, key: string) => {
    const records = [
      { key, value: `${baseSequence}` },
      { key, value: `${baseSequence + 1}` },
    ];
    const batch = buildBatch({ records, producerId: id, producerEpoch: 0, baseSequence });
    expect((await produce(client, topic, batch)).code).toBe(CODE.NONE);
  };
  await send(0, 'a');
  await send(2, 'b');
  // The idempotent producer's last batch is superseded by others': its sequence has to be remembered all the same.
  await produce(
    client,
    topic,
    buildBatch({
      records: [
        { key: 'a', value: 'x' },
        { key: 'b', value: 'y' },
      ],
    }),
  );
  await untilCompacted(topic, ['4:a=x', '5:b=y']);
  await send(4, 'c');
  expect((await listOffset(client, topic, -1)).offset).toBeGreaterThan(7);
  client.close();
}, 60_000);

test('what is in lz4 is never lost, compacted or not', async () => {
  const topic = await createTopic(kafka, 1, EAGER);
  const client = await rawClient(broker);
  const clear = buildBatch({ records: [{ key: 'a', value: 'in lz4' }] }).subarray(61);
  const batch = buildBatch({ records: [{ key: 'a', value: '' }], compression: 3, body: lz4Stored(clear) });
  expect((await produce(client, topic, batch)).code).toBe(CODE.NONE);
  client.close();
  const producer = await producerOf(kafka);
  await producer.send({ topic, messages: [{ key: 'b', value: '1' }] });
  await producer.send({ topic, messages: [{ key: 'b', value: '2' }] });
  await producer.disconnect();
  const other = kafkaOf(broker);
  const seen = async () => (await readLz4(other, topic)).join();
  await until('b is compacted', async () => !(await seen()).includes('b=1'), 50_000);
  expect(await seen()).toContain('a=in lz4');
}, 60_000);

/** kafkajs has no lz4 codec: this one reads the one stored block of `lz4Stored`. */
async function readLz4(client: Kafka, topic: string): Promise<string[]> {
  const { CompressionCodecs } = await import('kafkajs');
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async () => Buffer.alloc(0),
    decompress: async (bytes: Buffer) => bytes.subarray(11, bytes.length - 4),
  });
  const marker = await producerOf(client);
  await marker.send({ topic, messages: [{ key: 'marker', value: '' }] });
  await marker.disconnect();
  const end = await (async () => {
    const admin = client.admin();
    await admin.connect();
    const [{ offset }] = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    return Number(offset);
  })();
  const found: string[] = [];
  const consumer = client.consumer({ groupId: `${topic}-${Math.random()}`, maxWaitTimeInMs: 200 });
  let last = -1;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      found.push(`${message.key}=${message.value}`);
      last = Number(message.offset);
    },
  });
  await until('the topic is read', () => last >= end - 1);
  await consumer.disconnect();
  return found;
}

test('what is on an empty topic is read after all', async () => {
  const topic = await createTopic(kafka, 1, EAGER);
  const producer = await producerOf(kafka);
  await producer.send({ topic, messages: [{ key: 'only', value: '1' }] });
  await producer.disconnect();
  expect((await readAll(kafka, topic, 1)).map(({ offset }) => offset)).toEqual(['0']);
});
