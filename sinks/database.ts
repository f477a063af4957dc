/** The database as the sink needs it: reachable, and with every migration applied. */
import { fileURLToPath } from 'node:url';
import { ensureMigrated, migrate } from '#infra/clickhouse/migrate.ts';
import { type ClickHouse, ClickHouseError } from '#infra/clickhouse/port.ts';
import { retrying } from '#infra/clickhouse/retry.ts';
import type { Config } from '#infra/config.ts';
import { clickhouseUrlOf } from '#infra/endpoints.ts';
import { UserError } from '#infra/errors.ts';
import type { Logger } from '#infra/log.ts';
import { alignTtl } from './ttl.ts';

export const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));

/** Containers start in any order; longer than this is no start-up any more. */
const PATIENCE_MS = 60_000;

/**
 * Applies the migrations (with ATI_MIGRATE=false: only checks that they are). Throws UserError when ClickHouse stays
 * away or the database is behind.
 */
export async function prepareDatabase(
  ch: ClickHouse,
  config: Config,
  log: Logger,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const values = { database: config.CLICKHOUSE_DATABASE, ttlDays: config.ATI_TTL_DAYS };
  const prepare = async () => {
    if (!config.ATI_MIGRATE) return ensureMigrated(ch, MIGRATIONS, values);
    const { applied } = await migrate(ch, MIGRATIONS, values);
    if (applied.length > 0) log.info({ applied }, 'the database has been migrated');
    const changed = await alignTtl(ch, config.CLICKHOUSE_DATABASE, config.ATI_TTL_DAYS);
    if (changed.length > 0)
      log.info({ changed, days: config.ATI_TTL_DAYS }, 'the tables keep rows for another time');
  };
  try {
    await retrying(prepare, {
      signal: AbortSignal.timeout(patienceMs),
      maxMs: 2_000,
      onRetry: (error) => log.warn(`waiting for ClickHouse: ${error.message}`),
    });
  } catch (error) {
    if (!(error instanceof ClickHouseError)) throw error;
    const url = new URL(clickhouseUrlOf(config)).origin;
    throw new UserError(
      error.retriable
        ? `ClickHouse at ${url} does not answer: start it, or set CLICKHOUSE_URL`
        : `ClickHouse at ${url} cannot be used: ${error.message}`,
    );
  }
}
