/** The broker of a case: embedded, or a real Apache Kafka on this machine. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { connectKafka } from '#infra/kafka/client.ts';
import { ensureAtiTopics } from '#infra/kafka/ensure.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { fetchJars } from '#infra/kafka/real/jars.ts';
import { findJava } from '#infra/kafka/real/java.ts';
import { nodePid, startNode, stopNode } from '#infra/kafka/real/node.ts';
import { CACHE, freePorts } from '#infra/kafka/real/place.ts';
import { createLog } from '#infra/log.ts';
import { freePort } from '#infra/ports.ts';
import { TOPICS, type TopicKey, topicName } from '#infra/topics.ts';
import type { BenchContext } from './case.ts';
import { cpuMs } from './cpu.ts';
import { endWithUs } from './reaper.ts';
import { startNodeService } from './service.ts';

export interface BenchBroker {
  readonly kind: 'embedded' | 'kafka';
  /** host:port */
  readonly address: string;
  readonly pid: number;
  /** Through the project's own client. */
  readonly kafka: Kafka;
  cpuMs(): number;
  /** ATI's topics under this prefix. */
  createTopics(prefix: string, partitions: number): Promise<void>;
  deleteTopics(prefix: string): Promise<void>;
  stop(): Promise<void>;
}

let brokers = 0;

/** A fresh, empty one; its data lie in the case's directory. */
export async function startBroker({
  broker,
  directory: within,
}: Pick<BenchContext, 'broker' | 'directory'>): Promise<BenchBroker> {
  const directory = path.join(within, `broker-${++brokers}`);
  await mkdir(directory, { recursive: true });
  const { address, pid, stop } = await (broker === 'kafka' ? startReal(directory) : startEmbedded(directory));
  const kafka = await connectKafka({
    brokers: [address],
    clientId: 'ati-bench',
    log: createLog('bench', 'silent'),
  });
  return {
    kind: broker,
    address,
    pid,
    kafka,
    cpuMs: () => cpuMs(pid),
    createTopics: (prefix, partitions) =>
      ensureAtiTopics(kafka, { ATI_TOPIC_PREFIX: prefix, ATI_PARTITIONS: partitions }),
    deleteTopics: (prefix) =>
      kafka.deleteTopics((Object.keys(TOPICS) as TopicKey[]).map((key) => topicName(key, prefix))),
    async stop() {
      await kafka.close();
      await stop();
    },
  };
}

interface Started {
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

async function startEmbedded(directory: string): Promise<Started> {
  const port = await freePort();
  const { pid, stop } = await startNodeService({
    file: 'infra/kafka/embedded/main.ts',
    name: 'broker',
    env: { ATI_DATA_DIR: directory, ATI_BROKER_PORT: String(port), ATI_LOG_LEVEL: 'warn' },
  });
  return { address: `127.0.0.1:${port}`, pid, stop };
}

async function startReal(directory: string): Promise<Started> {
  const java = await findJava();
  const lib = await fetchJars(CACHE, (line) => process.stderr.write(`  ${line}\n`));
  const port = await freePorts();
  await startNode({ lib, java, directory, port });
  const pid = nodePid(directory);
  if (pid === undefined) throw new Error('the Kafka node is gone as soon as it was there');
  const forget = endWithUs(pid);
  return {
    address: `127.0.0.1:${port}`,
    pid,
    async stop() {
      await stopNode(directory);
      forget();
    },
  };
}
