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
