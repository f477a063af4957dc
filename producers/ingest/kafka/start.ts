import { DEFAULT_TENANT } from '#infra/access/access.ts';
import type { Config } from '#infra/config.ts';
import { UserError } from '#infra/errors.ts';
import type { Kafka, Producer } from '#infra/kafka/port.ts';
import type { Logger } from '#infra/log.ts';
import { TOPICS, type TopicKey, topicName } from '#infra/topics.ts';
import type { Door } from '../receive.ts';
import type { BySignal } from '../signals.ts';
import type { SignalDoor } from './door.ts';
import { KafkaIntake } from './intake.ts';

export interface StartIntake {
  readonly config: Config;
  readonly log: Logger;
  readonly kafka: Kafka;
  readonly producer: Producer;
  /** Those of the HTTP service: both share their batches and their bound. */
  readonly doors: BySignal<Door>;
}

/**
 * Takes what a Collector writes to the topics of the configuration; undefined where it names none. Throws a UserError
 * where it names one twice, or one of ATI's own.
 */
export function startIntake({ config, log, kafka, producer, doors }: StartIntake): KafkaIntake | undefined {
  const signals = [
    signalDoor(doors.traces, config.ATI_OTLP_TRACES_TOPICS),
    signalDoor(doors.metrics, config.ATI_OTLP_METRICS_TOPICS),
    signalDoor(doors.logs, config.ATI_OTLP_LOGS_TOPICS),
  ].filter(({ topics }) => topics.length > 0);
  if (signals.length === 0) return undefined;
  const prefix = config.ATI_TOPIC_PREFIX;
  checkTopics(
    signals.flatMap(({ topics }) => topics),
    prefix,
  );
  return new KafkaIntake({
    kafka,
    producer,
    groupId: `${prefix}ati-ingest-otlp`,
    deadLetters: topicName('deadLetters', prefix),
    deadLetterShare: config.ATI_DEAD_LETTER_SHARE,
    door: doors.traces,
    signals,
    partitions: config.ATI_PARTITIONS,
    log,
  });
}

function signalDoor(door: Door, topics: readonly string[]): SignalDoor {
  return {
    signal: door.signal,
    topics,
    split: (otlp) => door.split(otlp, 'protobuf', DEFAULT_TENANT),
    append: (parts) => door.batcher.append(DEFAULT_TENANT, parts),
  };
}

function checkTopics(topics: readonly string[], prefix: string): void {
  const ours = Object.keys(TOPICS).map((key) => topicName(key as TopicKey, prefix));
  const wrong = topics.find((topic, i) => topics.indexOf(topic) !== i || ours.includes(topic));
  if (wrong === undefined) return;
  const reason = ours.includes(wrong) ? "is one of ATI's own topics" : 'is named twice';
  throw new UserError(`ATI_OTLP_TRACES_TOPICS, _METRICS_TOPICS, _LOGS_TOPICS: ${wrong} ${reason}`);
}
