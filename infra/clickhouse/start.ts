import type { ProcessContext } from '../process.ts';
import { clickhouseAddress } from './address.ts';
import { connectClickHouse } from './client.ts';
import type { ClickHouse } from './port.ts';

/**
 * ClickHouse for a process that starts: the installation's database, closed at the stop. Does not connect yet. Throws a
 * UserError where CLICKHOUSE_CA cannot be used.
 * `silenceMs`: see ClickHouseOptions.
 */
export function startClickHouse(
  { config, lifecycle }: Pick<ProcessContext, 'config' | 'lifecycle'>,
  silenceMs?: number,
): ClickHouse {
  const clickhouse = connectClickHouse({
    ...clickhouseAddress(config),
    database: config.CLICKHOUSE_DATABASE,
    silenceMs,
  });
  lifecycle.onStop('closed', 'clickhouse', () => clickhouse.close());
  return clickhouse;
}
