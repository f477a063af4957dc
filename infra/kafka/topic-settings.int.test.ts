import { ConfigResourceTypes, Kafka as KafkaJs, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../testing/until.ts';
import { external, type TestKafka, testKafka } from './testing.ts';

let broker: TestKafka;
beforeAll(async () => {
  broker = await testKafka({ ATI_BROKER_HOUSEKEEPING_MS: '50' });
});
afterAll(() => broker?.close());

/** Settings given to the topic itself, as kafkajs's own client reads them. */
async function settings(topic: string): Promise<Record<string, string>> {
  const client = new KafkaJs({ brokers: [...broker.brokers], logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  });
  await admin.disconnect();
  return Object.fromEntries(
    resources[0].configEntries
      .filter(({ isDefault }) => !isDefault)
      .map(({ configName, configValue }) => [configName, configValue]),
  );
}

test('an existing topic gets the retention of the configuration; what is not named stays, also after a restart', async () => {
  const name = await broker.topic(1, { 'retention.ms': '600000', 'segment.ms': '3600000' });
  const ensure = (config: Record<string, string>) =>
    broker.kafka.ensureTopics([{ name, partitions: 1, config }]);
  await ensure({ 'retention.ms': '7200000' });
  const changed = { 'retention.ms': '7200000', 'segment.ms': '3600000' };
  await until('the change is seen', async () => (await settings(name))['retention.ms'] === '7200000');
  expect(await settings(name)).toMatchObject(changed);
  if (external) return;
  await broker.kill();
  await broker.restart();
  expect(await settings(name)).toEqual(changed);
});

test('the greatest message is raised, and never lowered below what an operator has allowed', async () => {
  const name = await broker.topic(1, { 'max.message.bytes': '2000000' });
  const ensure = (bytes: string) =>
    broker.kafka.ensureTopics([{ name, partitions: 1, config: { 'max.message.bytes': bytes } }]);
  await ensure('3000000');
  await until('it is raised', async () => (await settings(name))['max.message.bytes'] === '3000000');
  await ensure('1000000');
  expect((await settings(name))['max.message.bytes']).toBe('3000000');
});

test.skipIf(external)('a shorter retention deletes what was written under the longer one', async () => {
  const name = await broker.topic(1, { 'retention.ms': '86400000', 'segment.bytes': '1048576' });
  const producer = await broker.kafka.producer();
  const hourAgo = Date.now() - 3_600_000;
  // The first fills a segment, so that the second is in another.
  await producer.send(name, [{ value: Buffer.alloc(900_000, 'x'), timestamp: hourAgo }]);
  await producer.send(name, [{ value: Buffer.alloc(300_000, 'y'), timestamp: Date.now() }]);
  await producer.close();
  const earliest = async () => (await broker.kafka.offsets(name))[0].earliest;
  expect(await earliest()).toBe(0);
  await broker.kafka.ensureTopics([{ name, partitions: 1, config: { 'retention.ms': '60000' } }]);
  await until('housekeeping has deleted the older segment', async () => (await earliest()) === 1);
});
