/** What a reset deletes from a Kafka and a ClickHouse that are not embedded. */
import { clickhouseAddress } from '../../clickhouse/address.ts';
import { replayTablesOf, tenantViewsOf } from '../../clickhouse/beside.ts';
import { connectClickHouse } from '../../clickhouse/client.ts';
import { type ClickHouse, ClickHouseError } from '../../clickhouse/port.ts';
import { quoteIdentifier } from '../../clickhouse/sql-lexer.ts';
import type { Config } from '../../config.ts';
import { UserError } from '../../errors.ts';
import type { Kafka } from '../../kafka/port.ts';
import { TOPICS, type TopicKey, topicName } from '../../topics.ts';

export interface TopicFound {
  readonly name: string;
  /** Offsets between its ends; compaction may have taken some of the records. */
  readonly records: number;
}

/** ATI's topics with the installation's prefix that exist. */
export async function topicsOf(kafka: Kafka, prefix: string): Promise<TopicFound[]> {
  const found: TopicFound[] = [];
  for (const key of Object.keys(TOPICS) as TopicKey[]) {
    const name = topicName(key, prefix);
    const offsets = await kafka.offsets(name).catch((error: { type?: string }) => {
      if (error.type === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
      throw error;
    });
    if (offsets === undefined) continue;
    found.push({ name, records: offsets.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0) });
  }
  return found;
}

export interface TableFound {
  readonly name: string;
  readonly view: boolean;
  readonly rows: number;
  readonly bytes: number;
}

export interface DatabaseFound {
  readonly database: string;
  readonly tables: readonly TableFound[];
  /** Tables that are not ATI's: they stay, and with them the database. */
  readonly others: readonly string[];
  /** Databases that ATI has made beside it, with what they are. */
  readonly beside: readonly { readonly database: string; readonly about: string }[];
}

type Named = Pick<TableFound, 'name'> & { readonly engine: string };

/** Those beside it of which nothing is anybody else's. */
async function besideOf(clickhouse: ClickHouse, database: string): Promise<DatabaseFound['beside']> {
  const candidates = [
    {
      database: tenantViewsOf(database),
      about: 'views by tenant',
      isOurs: ({ name, engine }: Named) => engine === 'View' && isAti(name),
    },
    {
      database: replayTablesOf(database),
      about: 'left by a replay',
      isOurs: ({ name }: Named) => isAti(name) || name === 'replay_swap',
    },
  ];
  const found = await clickhouse.query<Named & { database: string }>(
    `SELECT d.name AS database, t.name AS name, t.engine AS engine FROM system.databases AS d
     LEFT JOIN system.tables AS t ON t.database = d.name WHERE d.name IN {names:Array(String)}`,
    { params: { names: candidates.map((each) => each.database) }, settings: { database: 'default' } },
  );
  return candidates
    .filter((each) => {
      const inside = found.filter((row) => row.database === each.database);
      // An empty one has a row without a table.
      return inside.length > 0 && inside.every((row) => row.name === '' || each.isOurs(row));
    })
    .map(({ database: name, about }) => ({ database: name, about }));
}

const isAti = (name: string) => /^(ati|otel)_/.test(name);

/** ATI's tables; undefined where there is no such database. Throws UserError where it is not ATI's. */
export async function databaseOf(
  clickhouse: ClickHouse,
  database: string,
): Promise<DatabaseFound | undefined> {
  const rows = await clickhouse.query<{
    name: string;
    engine: string;
    rows: string | null;
    bytes: string | null;
  }>(
    `SELECT name, engine, total_rows AS rows, total_bytes AS bytes FROM system.tables
     WHERE database = {database:String} ORDER BY name`,
    { params: { database }, settings: { database: 'default' } },
  );
  if (rows.length === 0) return undefined;
  if (!rows.some(({ name }) => name === 'ati_migrations'))
    throw new UserError(
      `the database ${database} is not ATI's (there is no ati_migrations in it): nothing was deleted; does CLICKHOUSE_DATABASE name the right one?`,
    );
  const tables = rows
    .filter(({ name }) => isAti(name))
    .map(({ name, engine, rows: count, bytes }) => ({
      name,
      view: engine.endsWith('View'),
      rows: Number(count ?? 0),
      bytes: Number(bytes ?? 0),
    }));
  return {
    database,
    tables,
    others: rows.map(({ name }) => name).filter((name) => !isAti(name)),
    beside: await besideOf(clickhouse, database),
  };
}

/** What is beside it and views first, the table of migrations last: what a crash leaves is still known as ATI's. */
export async function dropTables(
  clickhouse: ClickHouse,
  { database, tables, others, beside }: DatabaseFound,
): Promise<void> {
  const order = ({ name, view }: TableFound) => (view ? 0 : name === 'ati_migrations' ? 2 : 1);
  const at = { settings: { database: 'default' } };
  for (const { database: name } of beside)
    await clickhouse.command(`DROP DATABASE IF EXISTS ${quoteIdentifier(name)} SYNC`, at);
  for (const table of tables.toSorted((a, b) => order(a) - order(b))) {
    const kind = table.view ? 'VIEW' : 'TABLE';
    await clickhouse.command(
      `DROP ${kind} IF EXISTS ${quoteIdentifier(database)}.${quoteIdentifier(table.name)} SYNC`,
      at,
    );
  }
  if (others.length === 0 && database !== 'default')
    await clickhouse.command(`DROP DATABASE IF EXISTS ${quoteIdentifier(database)} SYNC`, at);
}

export function clickhouseOf(config: Config): ClickHouse {
  return connectClickHouse(clickhouseAddress(config));
}

/** What ClickHouse says, as a sentence for the user. */
export function asUserError(error: unknown): unknown {
  return error instanceof ClickHouseError
    ? new UserError(`ClickHouse cannot be reset: ${error.message}`)
    : error;
}
