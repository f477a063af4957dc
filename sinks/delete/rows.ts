/** Rows of what was deleted, in every table of a database. */
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { quoteIdentifier } from '#infra/clickhouse/sql-lexer.ts';
import type { Deletion } from './deletions.ts';

export interface TableRows {
  readonly table: string;
  readonly rows: number;
}

/** Tables of ATI's with rows of a tenant, and which of the columns that name traces each has. */
async function tablesOf(ch: ClickHouse, database: string): Promise<Map<string, ReadonlySet<string>>> {
  const rows = await ch.query<{ table: string; columns: string[] }>(
    `SELECT c.table AS table, groupArray(c.name) AS columns FROM system.columns AS c
     INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
     WHERE c.database = {database:String} AND t.engine LIKE '%MergeTree'
     GROUP BY table HAVING has(columns, 'TenantId') ORDER BY table`,
    { params: { database } },
  );
  return new Map(rows.map(({ table, columns }) => [table, new Set(columns)]));
}

/** The rows of a table that a deletion is about; undefined where it has none of that kind. */
function condition(columns: ReadonlySet<string>, { traceId }: Deletion): string | undefined {
  if (traceId === '')
    return 'TenantId = {tenant:String} AND StoredAt <= fromUnixTimestamp64Milli({at:Int64})';
  return columns.has('TraceId') ? 'TenantId = {tenant:String} AND TraceId = {traceId:String}' : undefined;
}

const paramsOf = ({ tenant, traceId, at }: Deletion) => ({ tenant, traceId, at });

/** How many rows there are, as stored: versions that a merge would drop count too. */
export async function countRows(ch: ClickHouse, database: string, deletion: Deletion): Promise<TableRows[]> {
  const counted: TableRows[] = [];
  for (const [table, columns] of await tablesOf(ch, database)) {
    const where = condition(columns, deletion);
    if (where === undefined) continue;
    const [{ rows }] = await ch.query<{ rows: string }>(
      `SELECT count() AS rows FROM ${quoteIdentifier(database)}.${quoteIdentifier(table)} WHERE ${where}`,
      { params: paramsOf(deletion) },
    );
    counted.push({ table, rows: Number(rows) });
  }
  return counted;
}

/** A statement that rewrites parts is answered when every replica has done it. */
const AWAITED = { mutations_sync: 2 };

/**
 * Deletes them: resolves when no query sees them any more. ALTER … DELETE writes the parts anew without the rows, where
 * a lightweight DELETE would only hide them until the next merge. A trace's id goes from incidents too.
 */
export async function deleteRows(ch: ClickHouse, database: string, deletion: Deletion): Promise<void> {
  const options = { params: paramsOf(deletion), settings: AWAITED };
  for (const [table, columns] of await tablesOf(ch, database)) {
    const name = `${quoteIdentifier(database)}.${quoteIdentifier(table)}`;
    const where = condition(columns, deletion);
    if (where !== undefined) await ch.command(`ALTER TABLE ${name} DELETE WHERE ${where}`, options);
    if (deletion.traceId === '' || !columns.has('ExemplarTraceIds')) continue;
    await ch.command(
      `ALTER TABLE ${name} UPDATE ExemplarTraceIds = arrayFilter(id -> id != {traceId:String}, ExemplarTraceIds),
         EvidenceTraceId = if(EvidenceTraceId = {traceId:String}, '', EvidenceTraceId)
       WHERE TenantId = {tenant:String} AND (has(ExemplarTraceIds, {traceId:String}) OR EvidenceTraceId = {traceId:String})`,
      options,
    );
  }
}
