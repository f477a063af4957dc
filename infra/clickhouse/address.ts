/** Where ClickHouse is and who asks it: what every connection of an installation needs. */
import type { Config } from '../config.ts';
import { clickhouseUrlOf } from '../endpoints.ts';
import { UserError } from '../errors.ts';
import { readPem } from '../tls.ts';

export interface ClickHouseAddress {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** PEM of the authority that signed its certificate; without it those that Node knows. */
  readonly ca?: Buffer;
}

/** Throws a UserError where the file of CLICKHOUSE_CA cannot be read or holds no certificate. */
export function clickhouseAddress(config: Config): ClickHouseAddress {
  return {
    url: clickhouseUrlOf(config),
    user: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD,
    ...(config.CLICKHOUSE_CA !== '' && { ca: authorityOf(config.CLICKHOUSE_CA) }),
  };
}

function authorityOf(file: string): Buffer {
  const pem = readPem('CLICKHOUSE_CA', file);
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new UserError(`CLICKHOUSE_CA: ${file} holds no certificate in PEM`);
}
