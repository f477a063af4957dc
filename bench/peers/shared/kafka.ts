/** kafkajs as its documentation would have it set, with two things of ours: the zstd codec and its corrected timer. */
import { CompressionTypes, Kafka, logLevel, type Message, type Producer } from 'kafkajs';
// Registers zstd, which kafkajs leaves to its user, and stops its timer that fires each millisecond (kafkajs #1751).
import '#infra/kafka/kafkajs.ts';
import { MAX_MESSAGE_BYTES } from '#infra/topics.ts';

export function createKafka(brokers: readonly string[], clientId: string): Kafka {
  return new Kafka({ clientId, brokers: [...brokers], logLevel: logLevel.NOTHING });
}

/** Creates what is missing. */
export async function createTopics(
  kafka: Kafka,
  topics: readonly string[],
  partitions: number,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const max = { name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) };
  await admin.createTopics({
    topics: topics.map((topic) => ({ topic, numPartitions: partitions, configEntries: [max] })),
    waitForLeaders: true,
  });
  await admin.disconnect();
}

export async function partitionsOf(kafka: Kafka, topic: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  return topics[0].partitions.length;
}

/** A request is larger only where one record is. */
const MAX_REQUEST_BYTES = 2 << 20;

export interface Outgoing extends Message {
  readonly topic: string;
  readonly partition: number;
  readonly value: Buffer | string;
}

/** Sends records in order, many in a request; resolves when all replicas have them. */
export async function sendAll(producer: Producer, records: readonly Outgoing[]): Promise<void> {
  let bytes = 0;
  let messages = new Map<string, Message[]>();
  const send = async () => {
    const topicMessages = [...messages].map(([topic, of]) => ({ topic, messages: of }));
    messages = new Map();
    bytes = 0;
    if (topicMessages.length > 0)
      await producer.sendBatch({ topicMessages, acks: -1, compression: CompressionTypes.ZSTD });
  };
  for (const { topic, ...message } of records) {
    if (bytes > 0 && bytes + message.value.length > MAX_REQUEST_BYTES) await send();
    bytes += message.value.length;
    const of = messages.get(topic);
    if (of === undefined) messages.set(topic, [message]);
    else of.push(message);
  }
  await send();
}
