/**
 * Every topic of ATI: what is on it, its key, its partitions, its retention.
 *
 * A topic's real name is `${prefix}${name}`; the prefix (ATI_TOPIC_PREFIX, empty by default) lets several
 * installations or tests share one Kafka cluster.
 */

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Bytes of a record batch that each of our topics takes: the summary of a very large trace is larger than Kafka's
 * default of 1 MiB.
 */
export const MAX_MESSAGE_BYTES = 8 << 20;

/** Of ati.dead-letters: the greatest record of any other topic, with the headers that say why and where. */
export const MAX_DEAD_LETTER_BYTES = MAX_MESSAGE_BYTES + (64 << 10);

export interface TopicSpec {
  readonly name: string;
  /** One sentence: what a record is, and its key. */
  readonly about: string;
  /** `spans`: as many as ATI_PARTITIONS, co-partitioned with ati.spans; a number: fixed. */
  readonly partitions: 'spans' | number;
  readonly cleanup: 'delete' | 'compact';
  /** Milliseconds; undefined where compaction keeps the last value of each key for ever. */
  readonly retentionMs?: number;
  /** LogAppendTime: the broker stamps the records, so an ingest can compare its clock with the broker's. */
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  /** MAX_MESSAGE_BYTES where it is not said. */
  readonly maxMessageBytes?: number;
}

export const TOPICS = {
  spans: {
    name: 'ati.spans',
    about: 'SpanBatch: OTLP spans of one partition; partition = murmur2(trace id, 16 bytes) mod n',
    partitions: 'spans',
    cleanup: 'delete',
    retentionMs: 3 * DAY_MS,
    timestampType: 'LogAppendTime',
  },
  telemetry: {
    name: 'ati.telemetry',
    about: 'MetricBatch, LogBatch: OTLP metrics and log records of one service, key service.name',
    partitions: 'spans',
    cleanup: 'delete',
    retentionMs: 3 * DAY_MS,
    timestampType: 'LogAppendTime',
  },
  traces: {
    name: 'ati.traces',
    about: 'TraceSummary: one revision of a closed trace, key trace id, in the partition of its spans',
    partitions: 'spans',
    cleanup: 'delete',
    retentionMs: 3 * DAY_MS,
    timestampType: 'CreateTime',
  },
  signals: {
    name: 'ati.signals',
    about:
      'Signal and OperatorAction (key tenant + agent operation), ClockMark (every source clock, in every partition)',
    partitions: 'spans',
    cleanup: 'delete',
    retentionMs: 3 * DAY_MS,
    timestampType: 'CreateTime',
  },
  incidents: {
    name: 'ati.incidents',
    about:
      'IncidentEvent: opened, updated, resolved, retracted, acknowledged, muted …; key incident id: the history to subscribe to',
    partitions: 'spans',
    cleanup: 'delete',
    retentionMs: 90 * DAY_MS,
    timestampType: 'CreateTime',
  },
  incidentState: {
    name: 'ati.incident-state',
    about: 'IncidentState: the last event of each incident with its lifecycle counters, key incident id',
    partitions: 'spans',
    cleanup: 'compact',
    timestampType: 'CreateTime',
  },
  deadLetters: {
    name: 'ati.dead-letters',
    about: 'the original bytes of a record that could not be processed; why and where in its headers',
    partitions: 1,
    cleanup: 'delete',
    retentionMs: 30 * DAY_MS,
    timestampType: 'CreateTime',
    maxMessageBytes: MAX_DEAD_LETTER_BYTES,
  },
} as const satisfies Record<string, TopicSpec>;

export type TopicKey = keyof typeof TOPICS;

/** The name of a topic on the broker. */
export function topicName(topic: TopicKey, prefix = ''): string {
  return prefix + TOPICS[topic].name;
}
