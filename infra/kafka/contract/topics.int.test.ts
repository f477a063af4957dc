import {
  type Admin,
  ConfigResourceTypes,
  type ITopicConfig,
  KafkaJSAggregateError,
  type KafkaJSProtocolError,
} from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTopic, kafkaOf, openBroker, type TestBroker, uniqueName, until } from './harness.ts';

let broker: TestBroker;
let admin: Admin;

beforeAll(async () => {
  broker = await openBroker();
  admin = kafkaOf(broker).admin();
  await admin.connect();
});

afterAll(async () => {
  await admin?.disconnect();
  await broker?.close();
});

/** The protocol error of the one topic that could not be created. */
async function refusal(topic: ITopicConfig): Promise<string> {
  try {
    await admin.createTopics({ topics: [topic] });
  } catch (error) {
    const first = error instanceof KafkaJSAggregateError ? error.errors[0] : error;
    return (first as KafkaJSProtocolError).type;
  }
  return 'created';
}

describe('create', () => {
  test('a topic has its partitions, each led by the one broker', async () => {
    const topic = await createTopic(kafkaOf(broker), 3);
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const { brokers, controller } = await admin.describeCluster();
    const [node] = brokers;
    expect(controller).toBe(node.nodeId);
    expect(topics[0].partitions.map(({ partitionId, leader }) => [partitionId, leader]).sort()).toEqual([
      [0, node.nodeId],
      [1, node.nodeId],
      [2, node.nodeId],
    ]);
    expect(await admin.listTopics()).toContain(topic);
  });

  test('an existing one is not created again', async () => {
    const topic = await createTopic(kafkaOf(broker));
    expect(await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })).toBe(false);
  });

  test.each([
    ['a space in the name', { topic: 'a b' }, 'INVALID_TOPIC_EXCEPTION'],
    ['a dot as the name', { topic: '.' }, 'INVALID_TOPIC_EXCEPTION'],
    ['a name of 250 characters', { topic: 'x'.repeat(250) }, 'INVALID_TOPIC_EXCEPTION'],
    ['no partitions', { numPartitions: 0 }, 'INVALID_PARTITIONS'],
    ['two replicas on one broker', { replicationFactor: 2 }, 'INVALID_REPLICATION_FACTOR'],
    ['an unknown setting', { configEntries: [{ name: 'retention.mss', value: '1' }] }, 'INVALID_CONFIG'],
    [
      'a segment below 1 MB',
      { configEntries: [{ name: 'segment.bytes', value: '16384' }] },
      'INVALID_CONFIG',
    ],
    ['a text for a number', { configEntries: [{ name: 'retention.ms', value: 'soon' }] }, 'INVALID_CONFIG'],
    ['an unknown policy', { configEntries: [{ name: 'cleanup.policy', value: 'keep' }] }, 'INVALID_CONFIG'],
    [
      'a ratio above 1',
      { configEntries: [{ name: 'min.cleanable.dirty.ratio', value: '1.5' }] },
      'INVALID_CONFIG',
    ],
    [
      'a setting that Kafka 4 has dropped',
      { configEntries: [{ name: 'message.format.version', value: '2.8' }] },
      'INVALID_CONFIG',
    ],
  ])('refuses %s', async (_, part, type) => {
    expect(await refusal({ topic: uniqueName('refused'), ...part })).toBe(type);
  });

  test('refuses a name that differs from another only in a dot', async () => {
    const topic = await createTopic(kafkaOf(broker));
    const dotted = topic.replaceAll('-', '.');
    expect(await refusal({ topic: dotted })).toBe('created');
    expect(await refusal({ topic: topic.replaceAll('-', '_') })).toBe('INVALID_TOPIC_EXCEPTION');
  });

  test('validation alone creates nothing', async () => {
    const topic = uniqueName('validated');
    await admin.createTopics({ topics: [{ topic }], validateOnly: true, waitForLeaders: false });
    expect(await admin.listTopics()).not.toContain(topic);
  });
});

test('settings are read back, with where they come from', async () => {
  const topic = await createTopic(kafkaOf(broker), 1, {
    'cleanup.policy': 'compact,delete',
    'retention.ms': '600000',
    'message.timestamp.type': 'LogAppendTime',
  });
  const configNames = ['cleanup.policy', 'retention.ms', 'message.timestamp.type', 'max.message.bytes'];
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames }],
  });
  const entries = resources[0].configEntries.map(({ configName, configValue, isDefault }) => [
    configName,
    configValue,
    isDefault,
  ]);
  expect(entries.sort()).toEqual([
    ['cleanup.policy', 'compact,delete', false],
    ['max.message.bytes', '1048588', true],
    ['message.timestamp.type', 'LogAppendTime', false],
    ['retention.ms', '600000', false],
  ]);
});

describe('more partitions', () => {
  test('are added', async () => {
    const topic = await createTopic(kafkaOf(broker), 1);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await until('the topic has three partitions', async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0].partitions.length === 3;
    });
  });

  test('cannot be fewer', async () => {
    const topic = await createTopic(kafkaOf(broker), 2);
    await expect(admin.createPartitions({ topicPartitions: [{ topic, count: 1 }] })).rejects.toMatchObject({
      type: 'INVALID_PARTITIONS',
    });
  });
});

describe('delete', () => {
  test('a deleted topic is gone, and its name can be used again for an empty one', async () => {
    const kafka = kafkaOf(broker);
    const topic = await createTopic(kafka);
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value: 'old' }] });
    await admin.deleteTopics({ topics: [topic] });
    await until('it is not listed', async () => !(await admin.listTopics()).includes(topic));
    await until('it can be created', () => admin.createTopics({ topics: [{ topic }], waitForLeaders: true }));
    expect(await admin.fetchTopicOffsets(topic)).toEqual([
      { partition: 0, offset: '0', high: '0', low: '0' },
    ]);
    await producer.disconnect();
  });

  test('an unknown topic cannot be deleted', async () => {
    const impatient = kafkaOf(broker, 0).admin();
    await expect(impatient.deleteTopics({ topics: [uniqueName('none')] })).rejects.toMatchObject({
      cause: { type: 'UNKNOWN_TOPIC_OR_PARTITION' },
    });
    await impatient.disconnect();
  });
});
