import type { Config } from './config.ts';

/** The embedded broker and engine never leave this machine. */
const LOOPBACK = '127.0.0.1';

/** host:port of each Kafka broker: the given ones, else the embedded broker. */
export function brokersOf(config: Config): string[] {
  return config.KAFKA_BROKERS.length > 0 ? config.KAFKA_BROKERS : [`${LOOPBACK}:${config.ATI_BROKER_PORT}`];
}

/** URL of ClickHouse: the given one, else the embedded engine. */
export function clickhouseUrlOf(config: Config): string {
  return config.CLICKHOUSE_URL || `http://${LOOPBACK}:${config.ATI_ENGINE_PORT}`;
}

/** Where an HTTP service of the installation is asked, by the port that it listens on. */
export function urlOf({ ATI_HOST: host }: Pick<Config, 'ATI_HOST'>, port: number, path = ''): string {
  // What listens everywhere is asked on this machine.
  const name = host === '0.0.0.0' || host === '::' ? LOOPBACK : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}${path}`;
}
