/**
 * Rows of what was deleted, in every table of the installation's database, and of what a killed replay has left beside
 * it: the next one may swap that in. Views by tenant hold no rows.
 */
import { replayTablesOf } from '#infra/clickhouse/beside.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { quoteIdentifier } from '#infra/clickhouse/sql-lexer.ts';
import { markSlots, slotsOfTrace } from '../roll-up/marks.ts';
import type { Deletion } from './deletions.ts';

export interface TableRows {
  /** With its database where that is a replay's. */
  readonly table: string;
  readonly rows: number;
}

interface Table {
  readonly shown: string;
  /** As SQL names it. */
  readonly name: string;
  readonly columns: ReadonlySet<string>;
}

/** Tables of ATI's with rows of a tenant. */
async function tablesOf(ch: ClickHouse, database: string): Promise<Table[]> {
  const rows = await ch.query<{ home: string; table: string; columns: string[] }>(
    `SELECT c.database AS home, c.table AS table, groupArray(c.name) AS columns FROM system.columns AS c
     INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
     WHERE c.database IN {databases:Array(String)} AND t.engine LIKE '%MergeTree'
     GROUP BY home, table HAVING has(columns, 'TenantId') ORDER BY home, table`,
    { params: { databases: [database, replayTablesOf(database)] } },
  );
  return rows.map((row) => ({
    shown: row.home === database ? row.table : `${row.home}.${row.table}`,
    name: `${quoteIdentifier(row.home)}.${quoteIdentifier(row.table)}`,
    columns: new Set(row.columns),
  }));
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
  for (const { shown, name, columns } of await tablesOf(ch, database)) {
    const where = condition(columns, deletion);
    if (where === undefined) continue;
    const [{ rows }] = await ch.query<{ rows: string }>(
      `SELECT count() AS rows FROM ${name} WHERE ${where}`,
      { params: paramsOf(deletion) },
    );
    counted.push({ table: shown, rows: Number(rows) });
  }
  return counted;
}

/** A statement that rewrites parts is answered when every replica has done it. */
const AWAITED = { mutations_sync: 2 };

/**
 * Deletes them: resolves when no query sees them any more. ALTER … DELETE writes the parts anew without the rows, where
 * a lightweight DELETE would only hide them until the next merge. A trace's id goes from incidents too, and what it was
 * rolled up into is rolled up again: marked before, so that a deletion that dies half-way leaves nothing that counts it,
 * and after, since somebody may have rolled up in between.
 */
export async function deleteRows(ch: ClickHouse, database: string, deletion: Deletion): Promise<void> {
  const { tenant, traceId } = deletion;
  const slots = traceId === '' ? [] : await slotsOfTrace(ch, database, tenant, traceId);
  await markSlots(ch, database, tenant, slots);
  const options = { params: paramsOf(deletion), settings: AWAITED };
  for (const { name, columns } of await tablesOf(ch, database)) {
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
  await markSlots(ch, database, tenant, slots);
}
