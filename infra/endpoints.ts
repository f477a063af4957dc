import { type Config, isLoopback } from './config.ts';

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

type Listens = Pick<Config, 'ATI_HOST' | 'ATI_TLS_CERT'>;

/** Where an HTTP service of the installation is asked, by the port that it listens on. */
export function urlOf({ ATI_HOST: host, ATI_TLS_CERT: cert }: Listens, port: number, path = ''): string {
  return `${cert === '' ? 'http' : 'https'}://${nameOf(host)}:${port}${path}`;
}

/**
 * What the synthetic agents bind. They ask nobody for a token: other machines reach them only where that was said to be
 * trusted, or there are no tokens and ATI_HOST is loopback anyway.
 */
export function agentHostOf({
  ATI_HOST: host,
  ATI_TRUSTED_NETWORK: trusted,
}: Pick<Config, 'ATI_HOST' | 'ATI_TRUSTED_NETWORK'>): string {
  return trusted || isLoopback(host) ? host : LOOPBACK;
}

/** Where the synthetic agents are asked; they speak plain HTTP. */
export function agentUrlOf(
  config: Pick<Config, 'ATI_HOST' | 'ATI_TRUSTED_NETWORK'>,
  port: number,
  path = '',
): string {
  return `http://${nameOf(agentHostOf(config))}:${port}${path}`;
}

/** A host in a URL. What listens everywhere is asked on this machine. */
function nameOf(host: string): string {
  const name = host === '0.0.0.0' || host === '::' ? LOOPBACK : host;
  return name.includes(':') ? `[${name}]` : name;
}
