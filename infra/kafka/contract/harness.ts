/**
 * What the contract suite runs on: an embedded broker of its own, or with ATI_TEST_KAFKA_BROKERS a real Kafka. Tests
 * that kill the broker need ATI_TEST_KAFKA_NODE too (`npm run test:kafka` sets both).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { type SpawnedBroker, spawnBroker } from '../embedded/spawn.ts';
import { CODE } from '../embedded/wire/codes.ts';
import { type NodeOptions, startNode, stopNode } from '../real/node.ts';
import { RawClient } from './raw-client.ts';
import { join as joinGroup } from './raw-group.ts';
import { initProducerId } from './raw-requests.ts';
// For what it corrects in kafkajs: its timers, and zstd.
import '../kafkajs.ts';

export const foreign = process.env.ATI_TEST_KAFKA_BROKERS;
const node = process.env.ATI_TEST_KAFKA_NODE;
/** Why a test that kills the broker cannot run; undefined when it can. */
export const cannotKill =
  foreign && !node ? 'this Kafka is not ours to kill: `npm run test:kafka` starts one that is' : undefined;

export interface TestBroker {
  readonly brokers: string[];
  /** `<directory>/<topic>-<partition>` or `<directory>/<topic>/<partition>`: where a partition's segments are. */
  partitionDirectory(topic: string, partition: number): string;
  /** SIGKILL, and wait until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and wait until it is gone. */
  stop(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** Ends what `openBroker` has started. */
  close(): Promise<void>;
}

/** The broker under test. `env` is more environment for an embedded one. */
export async function openBroker(env: Record<string, string> = {}): Promise<TestBroker> {
  const broker = foreign ? realBroker(foreign) : await embeddedBroker(env);
  await untilSettled(broker);
  const start = async (): Promise<void> => {
    await broker.start();
    await untilSettled(broker);
  };
  return { ...broker, start };
}

/**
 * Waits until groups and producer ids are served: a real Kafka makes the topic of its group coordinator, and gets its
 * first block of ids, when somebody asks for them; clients retry until then, raw connections do not.
 */
async function untilSettled(broker: TestBroker): Promise<void> {
  const client = await rawClient(broker);
  await until('groups are served', async () => {
    const body = await client.request(10, 2, (out) => out.string('settled').int8(0));
    body.int32(); // throttle time
    return body.int16() === 0;
  });
  await until('groups are led', async () => {
    const { code } = await joinGroup(client, uniqueName('settled'), '');
    return code === CODE.MEMBER_ID_REQUIRED;
  });
  await until('producer ids are given', async () => (await initProducerId(client)).code === CODE.NONE);
  client.close();
}

function realBroker(brokers: string): TestBroker {
  const options = (): NodeOptions => JSON.parse(node ?? '') as NodeOptions;
  return {
    brokers: brokers.split(','),
    partitionDirectory: (topic, partition) => join(options().directory, 'data', `${topic}-${partition}`),
    kill: async () => void (await stopNode(options().directory, 'SIGKILL')),
    stop: async () => void (await stopNode(options().directory)),
    start: () => startNode(options()),
    close: async () => undefined,
  };
}

async function embeddedBroker(env: Record<string, string>): Promise<TestBroker> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ati-broker-'));
  const options = { dataDir, env: { ATI_LOG_LEVEL: 'warn', ATI_BROKER_HOUSEKEEPING_MS: '200', ...env } };
  let broker: SpawnedBroker = await spawnBroker(options);
  const { port, brokers } = broker;
  return {
    brokers,
    partitionDirectory: (topic, partition) => join(dataDir, 'kafka', 'topics', topic, String(partition)),
    kill: () => broker.kill(),
    stop: () => broker.stop(),
    start: async () => {
      broker = await spawnBroker({ ...options, port });
    },
    close: async () => {
      await broker.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A kafkajs client that logs nothing. */
export function kafkaOf({ brokers }: TestBroker, retries = 5): Kafka {
  return new Kafka({
    clientId: 'contract',
    brokers,
    logLevel: logLevel.NOTHING,
    retry: { retries, initialRetryTime: 100, maxRetryTime: 1000 },
  });
}

/** A raw connection to the (one) broker. */
export function rawClient({ brokers }: TestBroker): Promise<RawClient> {
  const [host, port] = brokers[0].split(':');
  return RawClient.connect(host, Number(port));
}

let names = 0;

/** A topic or group name that nobody else uses. */
export function uniqueName(what: string): string {
  return `contract-${what}-${process.pid}-${Date.now().toString(36)}-${++names}`;
}

/** Creates a topic and gives its name. */
export async function createTopic(
  kafka: Kafka,
  partitions = 1,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = uniqueName('topic');
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({
      topics: [{ topic, numPartitions: partitions, configEntries }],
      waitForLeaders: false,
    });
  } finally {
    await admin.disconnect();
  }
  await untilServed(kafka, topic, partitions);
  return topic;
}

/**
 * Waits until the broker leads every partition: a real Kafka has created a topic, or has started again, before it
 * does, and refuses requests meanwhile (NOT_LEADER_OR_FOLLOWER). Client libraries retry then, raw connections do not.
 */
export async function untilServed(kafka: Kafka, topic: string, partitions = 1): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await until(`${topic} is served`, async () => {
      const offsets = await admin.fetchTopicOffsets(topic).catch(() => []);
      return offsets.length === partitions;
    });
  } finally {
    await admin.disconnect();
  }
}

/** A connected producer with Java's partitioner. */
export async function producerOf(kafka: Kafka, options: { idempotent?: boolean } = {}) {
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    ...options,
  });
  await producer.connect();
  return producer;
}

/** Waits until `check` gives something other than undefined and false. */
export async function until<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
