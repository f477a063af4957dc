import type { Config } from '../config.ts';
import {
  DEFAULT_RETENTION,
  MAX_MESSAGE_BYTES,
  type Retention,
  retentionMs,
  TOPICS,
  type TopicSpec,
} from '../topics.ts';
import type { Kafka, TopicDefinition } from './port.ts';

/** What the topics depend on; the default retention where it is left out. */
export type TopicsConfig = Pick<Config, 'ATI_TOPIC_PREFIX' | 'ATI_PARTITIONS'> & Partial<Retention>;

/**
 * Creates those of ATI's topics that are missing, and gives the others the settings of the configuration. Throws UserError
 * where one has another number of partitions.
 */
export async function ensureAtiTopics(
  kafka: Pick<Kafka, 'ensureTopics'>,
  config: TopicsConfig,
): Promise<void> {
  await kafka.ensureTopics(Object.values(TOPICS).map((spec) => definition(spec, config)));
}

/** A topic of ours as Kafka's settings. */
export function definition(spec: TopicSpec, config: TopicsConfig): TopicDefinition {
  const keptMs = retentionMs(spec, { ...DEFAULT_RETENTION, ...config });
  return {
    name: config.ATI_TOPIC_PREFIX + spec.name,
    partitions: spec.partitions === 'spans' ? config.ATI_PARTITIONS : spec.partitions,
    config: {
      'cleanup.policy': spec.cleanup,
      'max.message.bytes': String(spec.maxMessageBytes ?? MAX_MESSAGE_BYTES),
      'message.timestamp.type': spec.timestampType,
      ...(keptMs !== undefined && { 'retention.ms': String(keptMs) }),
    },
  };
}
