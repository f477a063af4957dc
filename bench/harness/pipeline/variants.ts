/** Our pipeline and its peers as processes, all started alike. */
import { freePort } from '#infra/ports.ts';
import { topicName } from '#infra/topics.ts';
import { type Service, startNodeService } from '../service.ts';
import type { Ground } from './bench.ts';
import { type Input, inputTopic } from './inputs.ts';
import { PARTITIONS } from './log.ts';

/** detect: the log → traces and incidents on topics. sink: the log → rows of spans. all: both. */
export type Stage = 'detect' | 'sink' | 'all';
export const PEERS = ['naive', 'idiomatic'] as const;
export type Peer = (typeof PEERS)[number];
export const VARIANTS = ['ati', ...PEERS] as const;
export type Variant = (typeof VARIANTS)[number];

/** What a peer reads. */
export const INPUT_OF: Readonly<Record<Peer, Input>> = { naive: 'json', idiomatic: 'spans' };

export interface Addresses {
  /** host:port */
  readonly kafka: string;
  readonly clickhouse: string;
  /** For files. */
  readonly directory: string;
}

/** The processes of a variant by name, all ready. Those that run already are stopped where one does not start. */
export async function startVariant(
  variant: Variant,
  stage: Stage,
  at: Addresses,
  ground: Pick<Ground, 'prefix' | 'database'>,
): Promise<Record<string, Service>> {
  if (variant !== 'ati') return { [variant]: await startPeer(variant, stage, at, ground) };
  const started: Record<string, Service> = {};
  try {
    if (stage !== 'detect') started.sink = await startOurs('sink', at, ground);
    if (stage !== 'sink') started.processor = await startOurs('processor', at, ground);
    return started;
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

export async function stopAll(services: Readonly<Record<string, Service>>): Promise<void> {
  await Promise.all(Object.values(services).map((each) => each.stop()));
}

const OURS = {
  processor: { file: 'processors/main.ts', port: 'ATI_PROCESSOR_PORT' },
  sink: { file: 'sinks/main.ts', port: 'ATI_SINK_PORT' },
} as const;

/** Production's defaults, but for where things are; ticks are on the log. `env`: more, or other ones. */
export async function startOurs(
  name: keyof typeof OURS,
  at: Addresses,
  { prefix, database }: Pick<Ground, 'prefix' | 'database'>,
  env: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const { file, port } = OURS[name];
  return startNodeService({
    name,
    file,
    env: {
      KAFKA_BROKERS: at.kafka,
      ATI_TOPIC_PREFIX: prefix,
      ATI_PARTITIONS: String(PARTITIONS),
      ATI_DATA_DIR: at.directory,
      ATI_LOG_LEVEL: 'warn',
      ATI_TICKS: 'false',
      CLICKHOUSE_URL: at.clickhouse,
      CLICKHOUSE_DATABASE: database,
      [port]: String(await freePort()),
      ...env,
    },
  });
}

function startPeer(
  peer: Peer,
  stage: Stage,
  at: Addresses,
  { prefix, database }: Pick<Ground, 'prefix' | 'database'>,
): Promise<Service> {
  return startNodeService({
    name: peer,
    file: `bench/peers/${peer}/main.ts`,
    env: {
      KAFKA_BROKERS: at.kafka,
      CLICKHOUSE_URL: at.clickhouse,
      CLICKHOUSE_DATABASE: database,
      BENCH_TOPIC: inputTopic(INPUT_OF[peer]),
      BENCH_PREFIX: prefix,
      BENCH_STAGE: stage,
      ATI_DATA_DIR: at.directory,
      ATI_LOG_LEVEL: 'warn',
    },
  });
}

/** Where a variant's results are. */
export const resultTopic = (
  variant: Variant,
  key: 'traces' | 'signals' | 'incidents',
  prefix: string,
): string => (variant === 'ati' ? topicName(key, prefix) : prefix + key);

/** The topics that a peer writes. */
export const peerTopics = (prefix: string): string[] =>
  ['traces', 'signals', 'incidents'].map((key) => prefix + key);
