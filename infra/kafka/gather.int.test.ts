import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { connectKafka } from './client.ts';
import { spawnBroker } from './embedded/spawn.ts';
import { silent } from './testing.ts';

test('sends that share a request have their own answers: one that is refused fails no other', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'ati-kafka-'));
  const broker = await spawnBroker({ dataDir });
  const kafka = await connectKafka({ brokers: broker.brokers, clientId: 'test', log: silent });
  try {
    const topic = 'gathered';
    const config = { 'cleanup.policy': 'delete', 'max.message.bytes': '4000' };
    await kafka.ensureTopics([{ name: topic, partitions: 3, config }]);
    const producer = await kafka.producer();
    const send = (partition: number, bytes: number) =>
      producer.send(topic, [{ partition, key: null, value: randomBytes(bytes) }]);
    const outcomes = await Promise.allSettled([send(0, 100), send(1, 20_000), send(2, 300)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const acks = outcomes.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    expect(acks.map(({ partition, baseOffset }) => [partition, baseOffset])).toEqual([
      [0, 0],
      [2, 0],
    ]);
    const latest = (await kafka.offsets(topic)).map(({ partition, latest: end }) => [partition, end]);
    expect(latest).toEqual([
      [0, 1],
      [1, 0],
      [2, 1],
    ]);
    await producer.close();
  } finally {
    await kafka.close();
    await broker.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
