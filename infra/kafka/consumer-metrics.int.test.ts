import { afterAll, beforeAll, expect, test } from 'vitest';
import { metricsText } from '../metrics.ts';
import { until } from '../testing/until.ts';
import type { Consumer, ConsumerHandler } from './port.ts';
import { type TestKafka, testKafka } from './testing.ts';

let broker: TestKafka;
beforeAll(async () => {
  broker = await testKafka();
});
afterAll(() => broker?.close());

/** The series of a topic as /metrics shows them: name → partition → value. */
async function shown(topic: string, name: string): Promise<Record<string, number>> {
  const { body } = await metricsText();
  const pattern = new RegExp(`^${name}\\{topic="${topic}",partition="(\\d+)"\\} (.+)$`, 'gm');
  return Object.fromEntries(
    [...body.matchAll(pattern)].map(([, partition, value]) => [partition, Number(value)]),
  );
}

const consume = (topic: string, handler: ConsumerHandler): Promise<Consumer> =>
  broker.kafka.consume({
    groupId: `g-${topic}`,
    topics: [topic],
    startAt: 'earliest',
    sessionTimeoutMs: 6_000,
    handler,
  });

test('lag grows while a handler takes its time, falls to 0 when it is done, and goes with the partitions', async () => {
  const topic = await broker.topic(2);
  const producer = await broker.kafka.producer();
  const send = (partition: number, timestamp: number) =>
    producer.send(topic, [{ partition, value: Buffer.from('x'), timestamp }]);
  const gate = Promise.withResolvers<void>();
  const consumer = await consume(topic, {
    onAssigned: async () => undefined,
    onBatch: ({ partition }) => (partition === 0 ? gate.promise : Promise.resolve()),
  });
  await until(
    'partition 1 is at its end',
    async () => (await shown(topic, 'ati_consumer_lag_records'))['1'] === 0,
  );
  await send(0, Date.now() - 60_000);
  await send(1, Date.now());
  await until(
    'the record that is held counts',
    async () => (await shown(topic, 'ati_consumer_lag_records'))['0'] === 1,
  );
  // Nothing is fetched while the handler holds the partition; the heartbeat asks for the end of the log.
  await send(0, Date.now());
  await until(
    'what came behind it counts',
    async () => (await shown(topic, 'ati_consumer_lag_records'))['0'] === 2,
  );
  expect((await shown(topic, 'ati_event_time_lag_ms'))['0']).toBeGreaterThanOrEqual(60_000);
  expect((await shown(topic, 'ati_event_time_lag_ms'))['1']).toBe(0);
  gate.resolve();
  await until('all is handled', async () => (await shown(topic, 'ati_consumer_lag_records'))['0'] === 0);
  expect((await shown(topic, 'ati_event_time_lag_ms'))['0']).toBe(0);

  // A second member takes one of the two partitions: the first one's are handed over, and each shows only what it owns.
  const second = await consume(topic, { onAssigned: async () => undefined, onBatch: async () => undefined });
  await until(
    'both members together show both',
    async () => Object.keys(await shown(topic, 'ati_consumer_lag_records')).length === 2,
  );
  await consumer.close();
  await second.close();
  await producer.close();
  for (const name of ['ati_consumer_lag_records', 'ati_event_time_lag_ms', 'ati_floor_age_ms'])
    expect(await shown(topic, name), name).toEqual({});
});
