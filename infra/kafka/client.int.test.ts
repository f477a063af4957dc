import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../testing/until.ts';
import { connectKafka } from './client.ts';
import { spawnBroker } from './embedded/spawn.ts';
import type { Assignment, Batch, Consumer, ConsumerHandler, Kafka, KafkaRecord } from './port.ts';

const external = process.env.ATI_TEST_KAFKA_BROKERS?.split(',');
const log = pino({ level: 'silent' });
const run = `t${process.pid}-${Date.now()}`;

let dataDir: string;
let broker: Awaited<ReturnType<typeof spawnBroker>> | undefined;
let kafka: Kafka;
let topicCount = 0;
const opened: Consumer[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'ati-kafka-'));
  if (!external) broker = await spawnBroker({ dataDir });
  kafka = await connectKafka({ brokers: external ?? broker!.brokers, clientId: 'test', log });
});
afterEach(async () => {
  for (const consumer of opened.splice(0)) await consumer.close().catch(() => {});
});
afterAll(async () => {
  await kafka?.close();
  await broker?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function newTopic(partitions = 2, config: Record<string, string> = {}): Promise<string> {
  const name = `${run}-${topicCount++}`;
  await kafka.ensureTopics([{ name, partitions, config }]);
  return name;
}

/** A handler that remembers what it was given. */
function recorder(onBatch: (batch: Batch) => Promise<void> = async () => {}) {
  const assigned: { partitions: readonly Assignment[]; epoch: number }[] = [];
  const batches: Batch[] = [];
  const handler: ConsumerHandler = {
    onAssigned: async (partitions, epoch) => void assigned.push({ partitions, epoch }),
    onBatch: async (batch) => {
      batches.push(batch);
      await onBatch(batch);
    },
  };
  const values = () => batches.flatMap((batch) => batch.records.map((record) => String(record.value)));
  return { handler, assigned, batches, values };
}

async function consume(topic: string, handler: ConsumerHandler, groupId = `${topic}-group`) {
  const consumer = await kafka.consume({
    groupId,
    topics: [topic],
    startAt: 'earliest',
    handler,
    sessionTimeoutMs: 10_000,
  });
  opened.push(consumer);
  return consumer;
}

async function all(records: AsyncIterable<KafkaRecord>): Promise<KafkaRecord[]> {
  const list: KafkaRecord[] = [];
  for await (const record of records) list.push(record);
  return list;
}

describe('producer', () => {
  test.each(['none', 'gzip', 'zstd'] as const)(
    '%s: records keep order, keys, headers',
    async (compression) => {
      const topic = await newTopic(1);
      const producer = await kafka.producer({ compression });
      const sent = Array.from({ length: 50 }, (_, i) => ({
        partition: 0,
        key: `k${i}`,
        value: Buffer.from(`value ${i} `.repeat(20)),
        headers: { n: String(i) },
        timestamp: 1_700_000_000_000 + i,
      }));
      const [ack] = await producer.send(topic, sent);
      await producer.close();
      expect(ack).toMatchObject({ partition: 0, baseOffset: 0 });
      const read = await all(kafka.read(topic, 0, 0));
      expect(
        read.map((each) => [each.offset, String(each.key), String(each.headers.n), each.timestamp]),
      ).toEqual(sent.map((each, i) => [i, each.key, String(i), each.timestamp]));
      expect(read.map((each) => String(each.value))).toEqual(sent.map((each) => String(each.value)));
    },
  );

  test('LogAppendTime is in the acknowledgement and on the records', async () => {
    const topic = await newTopic(1, { 'message.timestamp.type': 'LogAppendTime' });
    const producer = await kafka.producer();
    const [ack] = await producer.send(topic, [{ partition: 0, value: Buffer.from('x'), timestamp: 1 }]);
    await producer.close();
    expect(Math.abs(ack.logAppendTime! - Date.now())).toBeLessThan(60_000);
    const [record] = await all(kafka.read(topic, 0, 0));
    expect(record.timestamp).toBe(ack.logAppendTime);
  });

  test('a topic that is not there is an error, at once, with its name', async () => {
    const producer = await kafka.producer({ patienceMs: 0 });
    await expect(producer.send(`${run}-none`, [{ value: Buffer.from('x') }])).rejects.toThrow(`${run}-none`);
    await producer.close();
  });
});

describe('read', () => {
  test('any range, an empty partition, past the end', async () => {
    const topic = await newTopic(2);
    const producer = await kafka.producer({ compression: 'zstd' });
    const records = Array.from({ length: 20 }, (_, i) => ({ partition: 0, value: Buffer.from(String(i)) }));
    await producer.send(topic, records);
    await producer.close();
    const offsets = async (from: number, to?: number) =>
      (await all(kafka.read(topic, 0, from, to))).map((each) => each.offset);
    expect(await offsets(0)).toHaveLength(20);
    expect(await offsets(5, 8)).toEqual([5, 6, 7]);
    expect(await offsets(18, 99)).toEqual([18, 19]);
    expect(await offsets(20)).toEqual([]);
    expect(await all(kafka.read(topic, 1, 0))).toEqual([]);
  });
});

describe('topics', () => {
  test('another number of partitions than asked for is an error that says what to do', async () => {
    const topic = await newTopic(2);
    await kafka.ensureTopics([{ name: topic, partitions: 2, config: {} }]);
    await expect(kafka.ensureTopics([{ name: topic, partitions: 3, config: {} }])).rejects.toThrow(
      /has 2 partitions.*set ATI_PARTITIONS to 2/,
    );
  });
});

describe('consumer', () => {
  test('reads everything from the start, commits with metadata, goes on from there', async () => {
    const topic = await newTopic(1);
    const producer = await kafka.producer();
    await producer.send(
      topic,
      [0, 1, 2, 3].map((i) => ({ partition: 0, value: Buffer.from(`a${i}`) })),
    );
    const first = recorder();
    const one = await consume(topic, first.handler);
    await until('four records', () => first.values().length === 4);
    const { epoch, partitions } = first.assigned[0];
    expect(partitions).toEqual([{ topic, partition: 0, offset: 0, metadata: '' }]);
    expect(await one.commit([{ topic, partition: 0, offset: 2, metadata: '{"done":4}' }], epoch)).toBe(true);
    expect(await one.commit([{ topic, partition: 0, offset: 4 }], epoch - 1)).toBe(false);
    await one.close();
    expect(await kafka.committed(`${topic}-group`, topic)).toEqual([
      { partition: 0, offset: 2, metadata: '{"done":4}' },
    ]);

    const second = recorder();
    await consume(topic, second.handler);
    await until('the rest', () => second.values().length === 2);
    expect(second.assigned[0].partitions).toEqual([
      { topic, partition: 0, offset: 2, metadata: '{"done":4}' },
    ]);
    expect(second.values()).toEqual(['a2', 'a3']);
    await producer.close();
  });

  test('a second member: a new epoch, the old one may not commit, every record is handled', async () => {
    const topic = await newTopic(4);
    const producer = await kafka.producer();
    const one = recorder();
    const first = await consume(topic, one.handler);
    await until('one has all', () => one.assigned.at(-1)?.partitions.length === 4);
    const old = one.assigned.at(-1)!.epoch;
    const two = recorder();
    await consume(topic, two.handler);
    await until(
      'two each',
      () => one.assigned.at(-1)?.partitions.length === 2 && two.assigned.at(-1)?.partitions.length === 2,
    );
    expect(one.assigned.at(-1)!.epoch).toBeGreaterThan(old);
    expect(await first.commit([{ topic, partition: 0, offset: 0 }], old)).toBe(false);
    await producer.send(
      topic,
      Array.from({ length: 8 }, (_, i) => ({ partition: i % 4, value: Buffer.from(`${i}`) })),
    );
    await until('all eight', () => one.values().length + two.values().length === 8);
    expect([...one.values(), ...two.values()].sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    await producer.close();
  });

  test('back-pressure: the next batch of a partition comes after the one before is done', async () => {
    const topic = await newTopic(1);
    const producer = await kafka.producer();
    const gate = Promise.withResolvers<void>();
    const seen = recorder(() => gate.promise);
    await producer.send(topic, [{ partition: 0, value: Buffer.from('a') }]);
    await consume(topic, seen.handler);
    await until('the first', () => seen.batches.length === 1);
    await producer.send(topic, [{ partition: 0, value: Buffer.from('b') }]);
    const [{ latest }] = await kafka.offsets(topic);
    expect(latest).toBe(2);
    expect(seen.values()).toEqual(['a']);
    gate.resolve();
    await until('the second', () => seen.values().length === 2);
    await producer.close();
  });

  test('a handler that rejects stops the consumer, and nothing is committed', async () => {
    const topic = await newTopic(1);
    const producer = await kafka.producer();
    await producer.send(topic, [{ partition: 0, value: Buffer.from('a') }]);
    const seen = recorder(async () => {
      throw new Error('a bug');
    });
    const consumer = await consume(topic, seen.handler);
    await expect(consumer.done).rejects.toThrow('a bug');
    expect(seen.batches).toHaveLength(1);
    expect(consumer.assigned).toBe(false);
    const [committed] = await kafka.committed(`${topic}-group`, topic);
    expect(committed.offset).toBe(-1);
    await producer.close();
  });

  test.skipIf(external)('a broker that dies and comes back: consumer and producer go on', async () => {
    const own = await mkdtemp(path.join(tmpdir(), 'ati-kafka-'));
    const first = await spawnBroker({ dataDir: own });
    const mine = await connectKafka({ brokers: first.brokers, clientId: 'test', log });
    await mine.ensureTopics([{ name: 'survivor', partitions: 1, config: {} }]);
    const producer = await mine.producer({ patienceMs: Number.POSITIVE_INFINITY });
    const seen = recorder();
    const options = {
      groupId: 'g',
      topics: ['survivor'],
      startAt: 'earliest' as const,
      handler: seen.handler,
    };
    const consumer = await mine.consume({ ...options, sessionTimeoutMs: 10_000 });
    await producer.send('survivor', [{ partition: 0, value: Buffer.from('before') }]);
    await until('before', () => seen.values().includes('before'));
    await first.kill();
    const pending = producer.send('survivor', [{ partition: 0, value: Buffer.from('after') }]);
    const second = await spawnBroker({ dataDir: own, port: first.port });
    await pending;
    await until('after', () => seen.values().includes('after'));
    await consumer.close();
    await producer.close();
    await mine.close();
    await second.stop();
    await rm(own, { recursive: true });
  });
});

test('no broker: one clear sentence', async () => {
  await expect(connectKafka({ brokers: ['127.0.0.1:1'], clientId: 'test', log })).rejects.toThrow(
    'cannot reach Kafka at 127.0.0.1:1',
  );
});
