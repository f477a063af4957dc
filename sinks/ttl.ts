/** How long the tables keep rows, where it is changed after they were created. */
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { quoteIdentifier } from '#infra/clickhouse/sql-lexer.ts';

export interface TtlChange {
  readonly table: string;
  readonly fromDays: number;
}

/** The migrations' expression: by when a row was stored, as far ahead as a DateTime goes. */
const expression = (days: number) =>
  `toDateTime(least(toUnixTimestamp(StoredAt) + ${days} * 86400, 4294967295))`;

/** As ClickHouse prints it: spaces and parentheses are its own. */
const PRINTED = /toUnixTimestamp\(StoredAt\) \+ \(?(\d+) \* 86400\)?/;

/**
 * Gives every table of ATI's the TTL of the configuration. Rows that are past it go when ClickHouse rewrites their parts, in
 * the background; what an operator has written as another expression is left alone. Throws ClickHouseError.
 */
export async function alignTtl(ch: ClickHouse, database: string, days: number): Promise<TtlChange[]> {
  const tables = await ch.query<{ name: string; create: string }>(
    `SELECT name, create_table_query AS create FROM system.tables
     WHERE database = {database:String} AND engine LIKE '%MergeTree' ORDER BY name`,
    { params: { database } },
  );
  const changes = tables.flatMap(({ name, create }): TtlChange[] => {
    const found = Number(PRINTED.exec(create)?.[1] ?? Number.NaN);
    return Number.isNaN(found) || found === days ? [] : [{ table: name, fromDays: found }];
  });
  for (const { table } of changes)
    await ch.command(
      `ALTER TABLE ${quoteIdentifier(database)}.${quoteIdentifier(table)} MODIFY TTL ${expression(days)}`,
    );
  return changes;
}
