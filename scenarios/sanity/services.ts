import { pino } from 'pino';
import { clickhouseAddress } from '#infra/clickhouse/address.ts';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import type { Config } from '#infra/config.ts';
import { agentUrlOf, clickhouseUrlOf, urlOf } from '#infra/endpoints.ts';
import { causeOf, messageOf } from '#infra/errors.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import { kafkaOf } from '#infra/kafka/security.ts';
import type { Mesh } from '../meshes.ts';
import { CheckFailure } from './check.ts';

const TIMEOUT_MS = 5_000;

/** A service of the installation and how its health is asked for. */
export interface ServiceCheck {
  readonly name: string;
  look(): Promise<string>;
}

/** Every service that an installation has, in the order of the data's way. */
export function serviceChecks(config: Config, meshes: readonly Mesh[]): ServiceCheck[] {
  const url = (port: number, path: string) => urlOf(config, port, path);
  return [
    { name: 'Kafka', look: () => lookAtKafka(config) },
    { name: 'ClickHouse', look: () => lookAtClickHouse(config) },
    http('ingest', url(config.ATI_INGEST_PORT, '/ready'), 'ATI_INGEST_PORT'),
    http('processor', url(config.ATI_PROCESSOR_PORT, '/ready'), 'ATI_PROCESSOR_PORT'),
    http('sink', url(config.ATI_SINK_PORT, '/ready'), 'ATI_SINK_PORT'),
    http('query API', url(config.ATI_API_PORT, '/ready'), 'ATI_API_PORT'),
    http(
      'tool service',
      `${config.TOOL_SERVICE_URL || agentUrlOf(config, config.ATI_TOOL_PORT)}/health`,
      'ATI_TOOL_PORT',
    ),
    ...meshes.map((mesh) => http(`agent app (${mesh.title})`, `${mesh.agentUrl}/health`, mesh.portVariable)),
  ];
}

function http(name: string, url: string, variable: string): ServiceCheck {
  return {
    name,
    async look() {
      const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error) => {
        throw new CheckFailure(
          `${url} does not answer (${reasonOf(error)})`,
          `start it (npm start; where it runs and hangs: again), or set ${variable} to where it listens`,
        );
      });
      const body = await response.text();
      if (!response.ok)
        throw new CheckFailure(
          `${url} answers ${response.status}: ${body}`,
          'its log in ATI_DATA_DIR/logs says why',
        );
      return new URL(url).host;
    },
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `nothing within ${TIMEOUT_MS / 1000} s`;
  const cause = causeOf(error);
  return cause === 'ECONNREFUSED' ? 'connection refused' : cause;
}

async function lookAtKafka(config: Config): Promise<string> {
  const address = kafkaOf(config);
  try {
    const log = pino({ level: 'silent' });
    const kafka = await connectKafka({ ...address, clientId: 'ati-sanity', log });
    await kafka.close();
  } catch (error) {
    throw new CheckFailure(messageOf(error), 'start it (npm start), or set KAFKA_BROKERS');
  }
  return address.brokers.join(',');
}

async function lookAtClickHouse(config: Config): Promise<string> {
  const url = clickhouseUrlOf(config);
  const clickhouse = connectClickHouse(clickhouseAddress(config));
  try {
    if (await clickhouse.ping()) return url;
  } finally {
    await clickhouse.close();
  }
  throw new CheckFailure(
    `ClickHouse does not answer at ${url}`,
    'start it (npm start), or set CLICKHOUSE_URL, CLICKHOUSE_USER and CLICKHOUSE_PASSWORD',
  );
}
