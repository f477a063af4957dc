import type { Config } from '../config.ts';
import { TOPICS, type TopicSpec } from '../topics.ts';
import type { Kafka, TopicDefinition } from './port.ts';

/** Room for a large compressed batch; Kafka's default is 1 MiB. */
const MAX_MESSAGE_BYTES = 8 << 20;

/** ATI's topics as Kafka is told of them. */
export function topicDefinitions(
  config: Pick<Config, 'ATI_TOPIC_PREFIX' | 'ATI_PARTITIONS'>,
): TopicDefinition[] {
  const all: readonly TopicSpec[] = Object.values(TOPICS);
  return all.map((topic) => ({
    name: config.ATI_TOPIC_PREFIX + topic.name,
    partitions: topic.partitions === 'spans' ? config.ATI_PARTITIONS : topic.partitions,
    config: {
      'cleanup.policy': topic.cleanup,
      'message.timestamp.type': topic.timestampType,
      'max.message.bytes': String(MAX_MESSAGE_BYTES),
      ...(topic.retentionMs !== undefined && { 'retention.ms': String(topic.retentionMs) }),
    },
  }));
}

/** Creates every topic of ATI that is missing. */
export async function ensureAtiTopics(
  kafka: Kafka,
  config: Pick<Config, 'ATI_TOPIC_PREFIX' | 'ATI_PARTITIONS'>,
): Promise<void> {
  await kafka.ensureTopics(topicDefinitions(config));
}
