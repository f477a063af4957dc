import { clickhouseUrlOf } from '../endpoints.ts';
import type { ProcessContext } from '../process.ts';
import { connectClickHouse } from './client.ts';
import type { ClickHouse } from './port.ts';

/**
 * ClickHouse for a process that starts: the installation's database, closed at the stop. Does not connect yet.
 * `silenceMs`: see ClickHouseOptions.
 */
export function startClickHouse(
  { config, lifecycle }: Pick<ProcessContext, 'config' | 'lifecycle'>,
  silenceMs?: number,
): ClickHouse {
  const clickhouse = connectClickHouse({
    url: clickhouseUrlOf(config),
    user: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD,
    database: config.CLICKHOUSE_DATABASE,
    silenceMs,
  });
  lifecycle.onStop('closed', 'clickhouse', () => clickhouse.close());
  return clickhouse;
}
