/** A broker that is killed and comes back, with its clients at work. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../testing/until.ts';
import { connectKafka } from './client.ts';
import { Connection } from './connection.ts';
import {
  consume,
  external,
  recorder,
  silent,
  type TestKafka,
  testKafka,
  valuesOf,
  write,
} from './testing.ts';

const forever = { patienceMs: Number.POSITIVE_INFINITY };

describe.skipIf(external)('outage', () => {
  let broker: TestKafka;
  beforeEach(async () => {
    broker = await testKafka();
  });
  afterEach(() => broker?.close());

  test('sends over several kills: every record once, in order', async () => {
    const topic = await broker.topic(2);
    const producer = await broker.kafka.producer({ ...forever, compression: 'zstd' });
    const sent: string[] = [];
    let running = true;
    const sending = (async () => {
      for (let i = 0; running; i++) {
        const value = Buffer.from(`${i}`);
        await producer.send(topic, [
          { partition: 0, value },
          { partition: 1, value },
        ]);
        sent.push(`${i}`);
      }
    })();
    for (let kills = 0; kills < 3; kills++) {
      const before = sent.length;
      await until('records on their way', () => sent.length > before + 50);
      await broker.kill();
      await broker.restart();
    }
    const before = sent.length;
    await until('records after the last kill', () => sent.length > before);
    running = false;
    await sending;
    await producer.close();
    expect(await valuesOf(broker.kafka.read(topic, 0, 0))).toEqual(sent);
    expect(await valuesOf(broker.kafka.read(topic, 1, 0))).toEqual(sent);
  });

  test('a send that gives up says why; the next one is stored, not taken for it', async () => {
    const topic = await broker.topic(1);
    const producer = await broker.kafka.producer({ patienceMs: 0 });
    await producer.send(topic, [{ partition: 0, value: Buffer.from('one') }]);
    await broker.kill();
    await expect(producer.send(topic, [{ partition: 0, value: Buffer.from('lost') }])).rejects.toThrow(
      `cannot reach Kafka at ${broker.brokers[0]}: `,
    );
    await broker.restart();
    await producer.send(topic, [{ partition: 0, value: Buffer.from('two') }]);
    await producer.close();
    expect(await valuesOf(broker.kafka.read(topic, 0, 0))).toEqual(['one', 'two']);
  });

  test('a consumer waits for its broker, and reads on from what it committed', async () => {
    const topic = await broker.topic(1);
    const seen = recorder();
    const consumer = await consume(broker.kafka, topic, seen);
    await write(broker.kafka, topic, 0, ['a', 'b']);
    await until('two', () => seen.values().length === 2);
    expect(
      await consumer.commit([{ topic, partition: 0, offset: 1, metadata: 'm' }], seen.batches[0].epoch),
    ).toBe(true);
    await broker.kill();
    expect(await broker.kafka.ping()).toBe(false);
    await broker.restart();
    const producer = await broker.kafka.producer();
    await producer.send(topic, [{ partition: 0, value: Buffer.from('c') }]);
    await until('the third', () => seen.values().includes('c'));
    await until('the answer', () => broker.kafka.ping());
    await producer.close();
    await consumer.close();
    // A broker that forgot the member starts a new epoch at the committed offset; else the old one goes on.
    const [, again] = seen.assigned;
    if (again) expect(again.partitions).toEqual([{ topic, partition: 0, offset: 1, metadata: 'm' }]);
    expect([...new Set(seen.values())]).toEqual(['a', 'b', 'c']);
  });

  test('a topic named for the first time while the broker is away is known once it is back', async () => {
    const topics = [await broker.topic(1), await broker.topic(2)];
    const connection = new Connection({ brokers: broker.brokers, clientId: 'test', log: silent });
    await connection.cluster([topics[0]]);
    await broker.kill();
    await expect(connection.cluster([topics[1]])).rejects.toThrow('ECONNREFUSED');
    await broker.restart();
    const cluster = await connection.cluster([topics[1]]);
    expect(cluster.findTopicPartitionMetadata(topics[1])).toHaveLength(2);
    await connection.close();
  });

  test('closing while the broker is away ends soon', async () => {
    const topic = await broker.topic(1);
    const seen = recorder();
    const consumer = await consume(broker.kafka, topic, seen);
    const producer = await broker.kafka.producer(forever);
    await until('the assignment', () => seen.assigned.length === 1);
    await broker.kill();
    await Promise.all([consumer.close(), producer.close(), broker.kafka.close()]);
    await expect(consumer.done).resolves.toBeUndefined();
    await broker.restart();
  });
});

test('the name of a host that does not exist: said so', async () => {
  const options = { brokers: ['no-such-host.invalid:9092'], clientId: 'test', log: silent };
  await expect(connectKafka(options)).rejects.toThrow(
    'cannot reach Kafka at no-such-host.invalid:9092: the host name is unknown',
  );
});

test('of several brokers one is enough', async () => {
  const broker = await testKafka();
  const brokers = ['127.0.0.1:1', ...broker.brokers];
  const kafka = await connectKafka({ brokers, clientId: 'test', log: silent });
  expect(await kafka.ping()).toBe(true);
  await kafka.close();
  await broker.close();
});
