import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { type Config, readConfig } from '#infra/config.ts';
import { brokersOf, clickhouseUrlOf } from '#infra/endpoints.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { freePort } from '#infra/ports.ts';
import { type Stack, startStack } from '#infra/stack/stack.ts';

/** A whole installation of its own: real processes, free ports, a fresh data directory. */
export interface Installation {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly stack: Stack;
  readonly ingestUrl: string;
  readonly apiUrl: string;
  readonly agentUrl: string;
  readonly kafka: Kafka;
  readonly clickhouse: ClickHouse;
  /** Stops every process; the data directory stays until `remove`. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

const PORTS = ['BROKER', 'ENGINE', 'INGEST', 'API', 'PROCESSOR', 'SINK', 'AGENT', 'SECOND_AGENT', 'TOOL'];

/** Short times, so that a test does not wait for what production waits for. */
const QUICK = {
  ATI_QUIET_GAP_MS: '500',
  ATI_EXPORT_DELAY_MS: '100',
  ATI_SINK_FLUSH_MS: '200',
  ATI_LOG_LEVEL: 'info',
};

/** Free ports for every service, as environment variables. */
export async function freePorts(): Promise<Record<string, string>> {
  const ports: Record<string, string> = {};
  const taken = new Set<number>();
  for (const name of PORTS) {
    let port = await freePort();
    while (taken.has(port)) port = await freePort();
    taken.add(port);
    ports[`ATI_${name}_PORT`] = String(port);
  }
  return ports;
}

export async function startInstallation(
  options: { readonly env?: Record<string, string>; readonly agents?: boolean } = {},
): Promise<Installation> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'ati-e2e-'));
  const env = { ...process.env, ...QUICK, ...(await freePorts()), ...options.env, ATI_DATA_DIR: dataDir };
  const read = readConfig(env);
  if (!read.ok) throw new Error(read.message);
  const { config } = read;
  const stack = await startStack({ config, env, agents: options.agents ?? false });
  const kafka = await connectKafka({
    brokers: brokersOf(config),
    clientId: 'ati-e2e',
    log: pino({ level: 'silent' }),
  });
  const clickhouse = connectClickHouse({
    url: clickhouseUrlOf(config),
    database: config.CLICKHOUSE_DATABASE,
  });
  return {
    config,
    env,
    stack,
    ingestUrl: `http://127.0.0.1:${config.ATI_INGEST_PORT}`,
    apiUrl: `http://127.0.0.1:${config.ATI_API_PORT}`,
    agentUrl: `http://127.0.0.1:${config.ATI_AGENT_PORT}`,
    kafka,
    clickhouse,
    stop: async () => {
      await clickhouse.close();
      await kafka.close();
      await stack.stop();
    },
    remove: () => rm(dataDir, { recursive: true, force: true }),
  };
}
