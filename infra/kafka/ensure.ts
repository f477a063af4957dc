import type { Config } from '../config.ts';
import { MAX_MESSAGE_BYTES, TOPICS, type TopicSpec } from '../topics.ts';
import type { Kafka, TopicDefinition } from './port.ts';

/** Creates those of ATI's topics that are missing. Throws UserError where one has another number of partitions. */
export async function ensureAtiTopics(
  kafka: Pick<Kafka, 'ensureTopics'>,
  config: Pick<Config, 'ATI_TOPIC_PREFIX' | 'ATI_PARTITIONS'>,
): Promise<void> {
  await kafka.ensureTopics(
    Object.values(TOPICS).map((spec) => definition(spec, config.ATI_TOPIC_PREFIX, config.ATI_PARTITIONS)),
  );
}

/** A topic of ours as Kafka's settings. */
export function definition(spec: TopicSpec, prefix: string, spansPartitions: number): TopicDefinition {
  return {
    name: prefix + spec.name,
    partitions: spec.partitions === 'spans' ? spansPartitions : spec.partitions,
    config: {
      'cleanup.policy': spec.cleanup,
      'max.message.bytes': String(spec.maxMessageBytes ?? MAX_MESSAGE_BYTES),
      'message.timestamp.type': spec.timestampType,
      ...(spec.retentionMs !== undefined && { 'retention.ms': String(spec.retentionMs) }),
    },
  };
}
