import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../testing/until.ts';
import type { Consumer } from './port.ts';
import { consume, recorder, type Seen, type TestKafka, testKafka, write } from './testing.ts';

let broker: TestKafka;
const opened: Consumer[] = [];

beforeAll(async () => {
  broker = await testKafka();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((consumer) => consumer.close()));
});
afterAll(() => broker?.close());

async function open(topic: string, seen: Seen, startAt?: 'latest'): Promise<Consumer> {
  const consumer = await consume(broker.kafka, topic, seen, startAt);
  opened.push(consumer);
  return consumer;
}

describe('assignment', () => {
  test('no batch comes before onAssigned has resolved', async () => {
    const topic = await broker.topic(1);
    await write(broker.kafka, topic, 0, ['a']);
    const gate = Promise.withResolvers<void>();
    const seen = recorder({ onAssigned: () => gate.promise });
    await open(topic, seen);
    await until('the assignment', () => seen.assigned.length === 1);
    // The consumer could fetch now: one that reads beside it gets the record.
    const other = recorder();
    const beside = await broker.kafka.consume({
      groupId: `${topic}-beside`,
      topics: [topic],
      startAt: 'earliest',
      handler: other.handler,
    });
    opened.push(beside);
    await until('the record, elsewhere', () => other.values().length === 1);
    expect(seen.values()).toEqual([]);
    gate.resolve();
    await until('the record', () => seen.values().length === 1);
  });

  test('an onAssigned that rejects stops the consumer', async () => {
    const topic = await broker.topic(1);
    const seen = recorder({ onAssigned: () => Promise.reject(new Error('no state')) });
    const consumer = await consume(broker.kafka, topic, seen);
    await expect(consumer.done).rejects.toThrow('no state');
  });

  test('latest: only what comes after the first assignment', async () => {
    const topic = await broker.topic(1);
    await write(broker.kafka, topic, 0, ['before']);
    const seen = recorder();
    await open(topic, seen, 'latest');
    await until('the assignment', () => seen.assigned.length === 1);
    expect(seen.assigned[0].partitions[0].offset).toBe(1);
    await write(broker.kafka, topic, 0, ['after']);
    await until('the record', () => seen.values().length === 1);
    expect(seen.values()).toEqual(['after']);
  });

  test('a committed offset behind the end belongs to another log: back to the start, without its metadata', async () => {
    const topic = await broker.topic(1);
    await write(broker.kafka, topic, 0, ['a', 'b']);
    const first = recorder();
    const consumer = await open(topic, first);
    await until('both', () => first.values().length === 2);
    const { epoch } = first.assigned[0];
    expect(await consumer.commit([{ topic, partition: 0, offset: 99, metadata: 'old' }], epoch)).toBe(true);
    await consumer.close();
    const second = recorder();
    await open(topic, second);
    await until('both again', () => second.values().length === 2);
    expect(second.assigned[0].partitions).toEqual([{ topic, partition: 0, offset: 0, metadata: '' }]);
  });

  test('a topic that does not exist: consume rejects with its name', async () => {
    await expect(consume(broker.kafka, 'test-nobody-made-it', recorder())).rejects.toThrow('test-nobody');
  });
});

describe('rebalance', () => {
  test('kept partitions are read again from the committed offset, and the old epoch can commit nothing', async () => {
    const topic = await broker.topic(2);
    for (const partition of [0, 1])
      await write(broker.kafka, topic, partition, [`${partition}a`, `${partition}b`]);
    const one = recorder();
    const first = await open(topic, one);
    await until('all four', () => one.values().length === 4);
    const old = one.assigned[0].epoch;
    const commits = [0, 1].map((partition) => ({ topic, partition, offset: 1, metadata: `p${partition}` }));
    expect(await first.commit(commits, old)).toBe(true);

    const two = recorder();
    await open(topic, two);
    await until('one each', () => two.values().length === 1 && one.values().length === 5);
    expect([one.values()[4], two.values()[0]].sort()).toEqual(['0b', '1b']);
    const [kept] = one.assigned.at(-1)!.partitions;
    expect(kept).toEqual({ topic, partition: kept.partition, offset: 1, metadata: `p${kept.partition}` });
    expect(await first.commit([{ topic, partition: kept.partition, offset: 2 }], old)).toBe(false);
    const [before] = (await broker.kafka.committed(`${topic}-group`, topic)).filter(
      (each) => each.partition === kept.partition,
    );
    expect(before.offset).toBe(1);
  });

  test('the next assignment is told when the batches of the one before are done', async () => {
    const topic = await broker.topic(2);
    await write(broker.kafka, topic, 0, ['slow']);
    const gate = Promise.withResolvers<void>();
    const one = recorder({ onBatch: () => gate.promise });
    await open(topic, one);
    await until('the batch', () => one.batches.length === 1);
    const two = recorder();
    await open(topic, two);
    await until('the other member has its share', () => two.assigned.at(-1)?.partitions.length === 1);
    expect(one.assigned).toHaveLength(1);
    gate.resolve();
    await until('the new assignment', () => one.assigned.length === 2);
    expect(one.assigned[1].epoch).toBeGreaterThan(one.assigned[0].epoch);
  });

  test('who is left takes over from a member that leaves', async () => {
    const topic = await broker.topic(2);
    const one = recorder();
    await open(topic, one);
    const two = recorder();
    const leaver = await consume(broker.kafka, topic, two);
    await until('one each', () => two.assigned.at(-1)?.partitions.length === 1);
    await leaver.close();
    await until('both', () => one.assigned.at(-1)?.partitions.length === 2);
    expect(leaver.assigned).toBe(false);
  });
});

describe('handling', () => {
  test('a slow batch keeps its membership, and holds up no other partition', async () => {
    const topic = await broker.topic(2);
    const gate = Promise.withResolvers<void>();
    const seen = recorder({
      onBatch: ({ partition }) => (partition === 0 ? gate.promise : Promise.resolve()),
    });
    const consumer = await open(topic, seen);
    await write(broker.kafka, topic, 0, ['slow']);
    await until('the slow one', () => seen.batches.length === 1);
    // Longer than the session of 6 s.
    const enough = Date.now() + 7_500;
    let sent = 0;
    while (Date.now() < enough) {
      await write(broker.kafka, topic, 1, [`quick ${sent++}`]);
      await until('the quick one', () => seen.values().length === 1 + sent);
    }
    gate.resolve();
    const { epoch } = seen.assigned[0];
    expect(await consumer.commit([{ topic, partition: 0, offset: 1 }], epoch)).toBe(true);
    expect(seen.assigned).toHaveLength(1);
  });

  test('paused partitions bring nothing until they are resumed', async () => {
    const topic = await broker.topic(2);
    const seen = recorder();
    const consumer = await open(topic, seen);
    await until('the assignment', () => seen.assigned.length === 1);
    consumer.pause(topic, [0]);
    await write(broker.kafka, topic, 0, ['held']);
    await write(broker.kafka, topic, 1, ['free']);
    await until('the free one', () => seen.values().length > 0);
    expect(seen.values()).toEqual(['free']);
    consumer.resume(topic, [0]);
    await until('the held one', () => seen.values().length === 2);
    expect(seen.values()).toEqual(['free', 'held']);
  });

  test('closing waits for the batch, which may commit until then, and not after', async () => {
    const topic = await broker.topic(1);
    await write(broker.kafka, topic, 0, ['a']);
    const closing = Promise.withResolvers<void>();
    let committed: boolean | undefined;
    const seen = recorder({
      async onBatch({ epoch }) {
        await closing.promise;
        committed = await consumer.commit([{ topic, partition: 0, offset: 1 }], epoch);
      },
    });
    const consumer = await consume(broker.kafka, topic, seen);
    await until('the batch', () => seen.batches.length === 1);
    const closed = consumer.close();
    closing.resolve();
    await closed;
    expect(committed).toBe(true);
    expect(await consumer.commit([{ topic, partition: 0, offset: 1 }], seen.assigned[0].epoch)).toBe(false);
    await expect(consumer.done).resolves.toBeUndefined();
  });

  test('a handler that throws stops the consumer though another batch never ends', async () => {
    const topic = await broker.topic(2);
    const seen = recorder({
      onBatch: ({ partition }) =>
        partition === 0 ? new Promise(() => undefined) : Promise.reject(new Error('a bug')),
    });
    const consumer = await consume(broker.kafka, topic, seen);
    await write(broker.kafka, topic, 0, ['stuck']);
    await until('the stuck one', () => seen.batches.length === 1);
    await write(broker.kafka, topic, 1, ['thrown']);
    await expect(consumer.done).rejects.toThrow('a bug');
    expect(await consumer.commit([{ topic, partition: 1, offset: 1 }], seen.assigned[0].epoch)).toBe(false);
  });
});
