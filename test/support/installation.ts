import { pino } from 'pino';
import { clickhouseAddress } from '#infra/clickhouse/address.ts';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import type { Config } from '#infra/config.ts';
import { agentUrlOf, brokersOf, urlOf } from '#infra/endpoints.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { type Stack, startStack } from '#infra/stack/stack.ts';
import { temporaryPlace } from '#infra/stack/temporary.ts';

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

/** Short times, so that a test does not wait for what production waits for. */
const QUICK = {
  ATI_QUIET_GAP_MS: '500',
  ATI_EXPORT_DELAY_MS: '100',
  ATI_SINK_FLUSH_MS: '200',
  ATI_LOG_LEVEL: 'info',
};

export async function startInstallation(
  options: { readonly env?: Record<string, string>; readonly agents?: boolean } = {},
): Promise<Installation> {
  const { config, env, remove } = await temporaryPlace({ ...QUICK, ...options.env });
  const stack = await startStack({ config, env, agents: options.agents ?? false });
  const kafka = await connectKafka({
    brokers: brokersOf(config),
    clientId: 'ati-e2e',
    log: pino({ level: 'silent' }),
  });
  const clickhouse = connectClickHouse({
    ...clickhouseAddress(config),
    database: config.CLICKHOUSE_DATABASE,
  });
  return {
    config,
    env,
    stack,
    ingestUrl: urlOf(config, config.ATI_INGEST_PORT),
    apiUrl: urlOf(config, config.ATI_API_PORT),
    agentUrl: agentUrlOf(config, config.ATI_AGENT_PORT),
    kafka,
    clickhouse,
    stop: async () => {
      await clickhouse.close();
      await kafka.close();
      await stack.stop();
    },
    remove,
  };
}
