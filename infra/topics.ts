/**
 * Every topic of ATI: what is on it, its key, its partitions, its retention.
 *
 * A topic's real name is `${prefix}${name}`; the prefix (ATI_TOPIC_PREFIX, empty by default) lets several
 * installations or tests share one Kafka cluster.
 */

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Bytes of a record batch that each of our topics takes: the summary of a very large trace is larger than Kafka's
 * default of 1 MiB.
 */
export const MAX_MESSAGE_BYTES = 8 << 20;

/** Of ati.dead-letters: the greatest record of any other topic, with the headers that say why and where. */
export const MAX_DEAD_LETTER_BYTES = MAX_MESSAGE_BYTES + (64 << 10);

/** The configuration's part in this (config.ts), in hours and days as the names say. */
export interface Retention {
  readonly ATI_LOG_RETENTION_HOURS: number;
  readonly ATI_INCIDENT_RETENTION_DAYS: number;
  readonly ATI_DEAD_LETTER_RETENTION_DAYS: number;
}

/** What config.ts has where nothing is set. */
export const DEFAULT_RETENTION: Retention = {
  ATI_LOG_RETENTION_HOURS: 72,
  ATI_INCIDENT_RETENTION_DAYS: 90,
  ATI_DEAD_LETTER_RETENTION_DAYS: 30,
};

export interface TopicSpec {
  readonly name: string;
  /** One sentence: what a record is, and its key. */
  readonly about: string;
  /** `spans`: as many as ATI_PARTITIONS, co-partitioned with ati.spans; a number: fixed. */
  readonly partitions: 'spans' | number;
  readonly cleanup: 'delete' | 'compact';
  /** Which variable says how long records are kept; undefined where compaction keeps the last value of each key. */
  readonly retention?: keyof Retention;
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
    retention: 'ATI_LOG_RETENTION_HOURS',
    timestampType: 'LogAppendTime',
  },
  telemetry: {
    name: 'ati.telemetry',
    about: 'MetricBatch, LogBatch: OTLP metrics and log records of one service, key service.name',
    partitions: 'spans',
    cleanup: 'delete',
    retention: 'ATI_LOG_RETENTION_HOURS',
    timestampType: 'LogAppendTime',
  },
  traces: {
    name: 'ati.traces',
    about: 'TraceSummary: one revision of a closed trace, key trace id, in the partition of its spans',
    partitions: 'spans',
    cleanup: 'delete',
    retention: 'ATI_LOG_RETENTION_HOURS',
    timestampType: 'CreateTime',
  },
  signals: {
    name: 'ati.signals',
    about:
      'Signal and OperatorAction (key tenant + agent operation), ClockMark (every source clock, in every partition)',
    partitions: 'spans',
    cleanup: 'delete',
    retention: 'ATI_LOG_RETENTION_HOURS',
    timestampType: 'CreateTime',
  },
  incidents: {
    name: 'ati.incidents',
    about:
      'IncidentEvent: opened, updated, resolved, retracted, acknowledged, muted …; key incident id: the history to subscribe to',
    partitions: 'spans',
    cleanup: 'delete',
    retention: 'ATI_INCIDENT_RETENTION_DAYS',
    timestampType: 'CreateTime',
  },
  incidentState: {
    name: 'ati.incident-state',
    about:
      'IncidentState: the last event of each incident with its lifecycle counters, key incident id/owner (ADR 0013)',
    partitions: 'spans',
    cleanup: 'compact',
    timestampType: 'CreateTime',
  },
  deletions: {
    name: 'ati.deletions',
    about:
      'a trace or a tenant that was deleted (JSON: tenant, traceId, at), key tenant + trace id; sink and replay honour it',
    partitions: 1,
    cleanup: 'compact',
    timestampType: 'CreateTime',
  },
  deadLetters: {
    name: 'ati.dead-letters',
    about: 'the original bytes of a record that could not be processed; why and where in its headers',
    partitions: 1,
    cleanup: 'delete',
    retention: 'ATI_DEAD_LETTER_RETENTION_DAYS',
    timestampType: 'CreateTime',
    maxMessageBytes: MAX_DEAD_LETTER_BYTES,
  },
} as const satisfies Record<string, TopicSpec>;

export type TopicKey = keyof typeof TOPICS;

/** How long a topic keeps its records, in milliseconds; undefined where it keeps the last value of each key. */
export function retentionMs({ retention }: TopicSpec, of: Retention): number | undefined {
  if (retention === undefined) return undefined;
  return of[retention] * (retention.endsWith('_HOURS') ? HOUR_MS : DAY_MS);
}

/** The name of a topic on the broker. */
export function topicName(topic: TopicKey, prefix = ''): string {
  return prefix + TOPICS[topic].name;
}
