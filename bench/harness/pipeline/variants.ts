/** Our pipeline and its peers as processes, all started alike. */

import type { TopicDefinition } from '#infra/kafka/port.ts';
import { freePort } from '#infra/ports.ts';
import { MAX_MESSAGE_BYTES, topicName } from '#infra/topics.ts';
import { type Service, startNodeService } from '../service.ts';
import type { Ground } from './bench.ts';
import { type Encoding, PARTITIONS } from './log.ts';

/** detect: the log → traces and incidents on topics. sink: the log → rows of spans. all: both. */
export type Stage = 'detect' | 'sink' | 'all';
export const PEERS = ['naive', 'idiomatic'] as const;
export type Peer = (typeof PEERS)[number];
export const VARIANTS = ['ati', ...PEERS] as const;
export type Variant = (typeof VARIANTS)[number];

/** What it reads, and where. */
export const INPUTS: Readonly<
  Record<Variant, { encoding: Encoding; topic(ground: { prefix: string }): string }>
> = {
  ati: { encoding: 'spans', topic: ({ prefix }) => topicName('spans', prefix) },
  naive: { encoding: 'json', topic: peerInput },
  idiomatic: { encoding: 'spans', topic: peerInput },
};

/** Of any peer. */
export function peerInput({ prefix }: { readonly prefix: string }): string {
  return `${prefix}input`;
}

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
      BENCH_TOPIC: peerInput({ prefix }),
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

/** The topics that peers read and write, as ours are. */
export function peerTopics(prefix: string): TopicDefinition[] {
  const config = { 'max.message.bytes': String(MAX_MESSAGE_BYTES) };
  return ['input', 'traces', 'signals', 'incidents'].map((key) => ({
    name: prefix + key,
    partitions: PARTITIONS,
    config: { ...config, ...(key === 'input' && { 'message.timestamp.type': 'LogAppendTime' }) },
  }));
}
