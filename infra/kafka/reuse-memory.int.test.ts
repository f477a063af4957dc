import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { until } from '../testing/until.ts';
import type { Batch, Consumer, ConsumerHandler } from './port.ts';
import { type TestKafka, testKafka } from './testing.ts';

let broker: TestKafka;
const opened: Consumer[] = [];

beforeAll(async () => {
  broker = await testKafka();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((consumer) => consumer.close()));
});
afterAll(() => broker?.close());

/** Of the record that is the n-th written to its partition: its own in each byte, and far smaller when compressed. */
const wantedValue = (partition: number, n: number) =>
  Buffer.alloc(400_000, `partition ${partition}, record ${n}; `);

async function fill(topic: string, partitions: number, from: number, to: number): Promise<void> {
  const producer = await broker.kafka.producer({ compression: 'zstd' });
  for (let n = from; n < to; n++) {
    const records = Array.from({ length: partitions }, (_, partition) => ({
      partition,
      key: `key ${n}`,
      value: wantedValue(partition, n),
    }));
    await producer.send(topic, records);
  }
  await producer.close();
}

async function open(
  topic: string,
  onBatch: ConsumerHandler['onBatch'],
  reuseMemory = true,
): Promise<Consumer> {
  const handler = { onAssigned: async () => {}, onBatch };
  const groupId = `${topic}-group`;
  const consumer = await broker.kafka.consume({
    groupId,
    topics: [topic],
    startAt: 'earliest',
    handler,
    sessionTimeoutMs: 6_000,
    // Many batches of few records.
    maxBytesPerPartition: 1_000,
    reuseMemory,
  });
  opened.push(consumer);
  return consumer;
}

const intact = ({ partition, records }: Batch) =>
  records.every(
    ({ offset, key, value }) =>
      String(key) === `key ${offset}` && value?.equals(wantedValue(partition, offset)) === true,
  );
const count = (batches: readonly Batch[]) => batches.reduce((sum, { records }) => sum + records.length, 0);

test('a batch keeps its bytes while its handler has it, however many others come and go', async () => {
  const topic = await broker.topic(3);
  await fill(topic, 3, 0, 12);
  const gate = Promise.withResolvers<void>();
  const slow: Batch[] = [];
  const quick: Batch[] = [];
  const broken: Batch[] = [];
  await open(topic, async (batch) => {
    if (!intact(batch)) broken.push(batch);
    if (batch.partition === 0 && slow.length === 0) {
      slow.push(batch);
      await gate.promise;
      if (!intact(batch)) broken.push(batch);
    } else quick.push(batch);
  });
  await until('the other partitions', () => count(quick) === 24 && slow.length === 1);
  gate.resolve();
  await until('the slow partition', () => count([...slow, ...quick]) === 36);
  expect(broken).toEqual([]);
  // Afterwards they were written over, or this would prove nothing; each batch has its records again.
  expect(quick.filter((batch) => !intact(batch)).length).toBeGreaterThan(0);
  for (const batch of [...slow, ...quick]) {
    const records = batch.again?.() ?? [];
    expect(records.map(({ offset }) => offset)).toEqual(batch.records.map(({ offset }) => offset));
    expect(intact({ ...batch, records })).toBe(true);
  }
});

test('without the option the bytes of a batch are its own for ever', async () => {
  const topic = await broker.topic(1);
  await fill(topic, 1, 0, 12);
  const batches: Batch[] = [];
  await open(topic, async (batch) => void batches.push(batch), false);
  await until('all of them', () => count(batches) === 12);
  expect(batches.length).toBeGreaterThan(1);
  expect(batches.every(intact)).toBe(true);
  expect(batches.every(({ again }) => again === undefined)).toBe(true);
});

test('a rebalance in the middle of a batch: what the handler still has stays, what it gets is whole', async () => {
  const topic = await broker.topic(2);
  await fill(topic, 2, 0, 6);
  const gate = Promise.withResolvers<void>();
  let held: Batch | undefined;
  const broken: Batch[] = [];
  const seen = [new Set<string>(), new Set<string>()];
  const handling = (member: number) => async (batch: Batch) => {
    const first = held === undefined;
    if (first) {
      held = batch;
      await gate.promise;
    }
    if (!intact(batch)) broken.push(batch);
    for (const { partition, offset } of batch.records) seen[member].add(`${partition}-${offset}`);
  };
  const one = await open(topic, handling(0));
  await until('a batch that is held', () => held !== undefined);
  await open(topic, handling(1));
  await until('the other member’s first batch', () => seen[1].size > 0);
  await fill(topic, 2, 6, 9);
  gate.resolve();
  await until('everything', () => new Set([...seen[0], ...seen[1]]).size === 18);
  expect(broken).toEqual([]);
  expect(one.assigned).toBe(true);
});
