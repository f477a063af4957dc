/**
 * Topic configurations of Apache Kafka 4.x with their defaults and bounds (kafka.apache.org/documentation/#topicconfigs).
 *
 * Those that a single node without replicas has no use for are accepted and without effect, as is
 * `compression.type`: batches keep their producer's compression.
 */
export interface ConfigDefinition {
  readonly fallback: string;
  readonly accepts: (value: string) => boolean;
  /** Completes "Invalid value x for configuration y: ". */
  readonly expects: string;
}

const LONG_MAX = 9223372036854775807n;
const INT_MAX = 2147483647n;

function integer(fallback: bigint | number, least: bigint | number, most: bigint): ConfigDefinition {
  const accepts = (value: string): boolean =>
    /^-?\d{1,19}$/.test(value) && BigInt(value) >= BigInt(least) && BigInt(value) <= most;
  return { fallback: String(fallback), accepts, expects: `must be an integer from ${least} to ${most}` };
}
const int = (fallback: bigint | number, least: number) => integer(fallback, least, INT_MAX);
const long = (fallback: bigint | number, least: number) => integer(fallback, least, LONG_MAX);

function oneOf(fallback: string, values: readonly string[]): ConfigDefinition {
  return {
    fallback,
    accepts: (value) => values.includes(value),
    expects: `must be one of ${values.join(', ')}`,
  };
}
const boolean = (fallback: string) => oneOf(fallback, ['true', 'false']);

const ratio: ConfigDefinition = {
  fallback: '0.5',
  accepts: (value) => value.trim() !== '' && Number(value) >= 0 && Number(value) <= 1,
  expects: 'must be a number from 0 to 1',
};

const policies: ConfigDefinition = {
  fallback: 'delete',
  accepts: (value) => value.split(',').every((policy) => ['delete', 'compact'].includes(policy.trim())),
  expects: 'must be a list of delete, compact',
};

const anything: ConfigDefinition = { fallback: '', accepts: () => true, expects: '' };

const DAY_MS = 86_400_000;

export const CONFIG_DEFINITIONS: ReadonlyMap<string, ConfigDefinition> = new Map(
  Object.entries({
    'cleanup.policy': policies,
    'compression.gzip.level': int(-1, -1),
    'compression.lz4.level': int(9, 1),
    'compression.type': oneOf('producer', ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer']),
    'compression.zstd.level': int(3, -131072),
    'delete.retention.ms': long(DAY_MS, 0),
    'file.delete.delay.ms': long(60_000, 0),
    'flush.messages': long(LONG_MAX, 1),
    'flush.ms': long(LONG_MAX, 0),
    'follower.replication.throttled.replicas': anything,
    'index.interval.bytes': int(4096, 0),
    'leader.replication.throttled.replicas': anything,
    'max.compaction.lag.ms': long(LONG_MAX, 1),
    'max.message.bytes': int(1_048_588, 0),
    'message.timestamp.after.max.ms': long(3_600_000, 0),
    'message.timestamp.before.max.ms': long(LONG_MAX, 0),
    'message.timestamp.type': oneOf('CreateTime', ['CreateTime', 'LogAppendTime']),
    'min.cleanable.dirty.ratio': ratio,
    'min.compaction.lag.ms': long(0, 0),
    'min.insync.replicas': int(1, 1),
    preallocate: boolean('false'),
    'retention.bytes': long(-1, -1),
    'retention.ms': long(7 * DAY_MS, -1),
    // Kafka's default is 1 GB; smaller segments make a restart after a crash, which reads the last one, quicker.
    'segment.bytes': int(128 << 20, 1 << 20),
    'segment.index.bytes': int(10 << 20, 4),
    'segment.jitter.ms': long(0, 0),
    'segment.ms': long(7 * DAY_MS, 1),
    'unclean.leader.election.enable': boolean('false'),
  }),
);
