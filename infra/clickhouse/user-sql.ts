/** Runs user SQL that the guard has let through, under limits that it cannot lift. */
import type { ClickHouse } from './port.ts';
import { guardSql } from './sql-guard.ts';
import { tenantDatabase, tenantSettings } from './sql-tenant.ts';

export interface UserSqlLimits {
  readonly seconds: number;
  /** Bounds constants too, which count once for resultBytes however often they are written. */
  readonly resultRows: number;
  /** Of the result as the engine holds it. */
  readonly resultBytes: number;
  readonly memoryBytes: number;
  readonly threads: number;
  /** What it may put on the engine's disk when it sorts or groups more than fits. */
  readonly diskBytes: number;
  /** throw: a greater result is an error. break: it ends at about the limit. */
  readonly overflow: 'throw' | 'break';
}

export const DEFAULT_LIMITS: UserSqlLimits = {
  seconds: 15,
  resultRows: 10_000,
  resultBytes: 32 << 20,
  memoryBytes: 512 << 20,
  threads: 2,
  diskBytes: 1 << 30,
  overflow: 'throw',
};

export interface UserSqlRequest {
  readonly sql: string;
  /** The installation's: the only one that the SQL may read. */
  readonly database: string;
  /** Only its rows can be read; undefined: all of the database. */
  readonly tenant?: string | undefined;
  /** ClickHouse's name of the answer's format. */
  readonly format: 'JSON' | 'JSONEachRow' | 'JSONCompact' | 'CSVWithNames' | 'TabSeparatedWithNames';
  readonly signal?: AbortSignal;
}

export type UserSqlResult =
  | { readonly ok: true; readonly body: NodeJS.ReadableStream; readonly contentType: string }
  | { readonly ok: false; readonly reason: string };

/** Refused SQL is a value; throws ClickHouseError where the engine fails or a limit is met while it runs. */
export async function runUserSql(
  ch: ClickHouse,
  { sql, database, tenant, format, signal }: UserSqlRequest,
  limits: UserSqlLimits = DEFAULT_LIMITS,
): Promise<UserSqlResult> {
  const readable = tenant === undefined ? database : await tenantDatabase(ch, database);
  const verdict = await guardSql(ch, sql, readable, tenant !== undefined);
  if (!verdict.ok) return verdict;
  const rows = tenant === undefined ? {} : tenantSettings(tenant);
  const answer = await ch.raw(sql, format, { settings: settingsOf(limits, readable, rows), signal });
  return { ok: true, ...answer };
}

/** `readonly` comes last: with 1, no later setting could be changed, and the statement's own cannot change any. */
function settingsOf(
  limits: UserSqlLimits,
  database: string,
  rows: Readonly<Record<string, string | number>>,
): Record<string, string | number> {
  return {
    database,
    ...rows,
    max_execution_time: limits.seconds,
    timeout_overflow_mode: 'throw',
    max_result_rows: limits.resultRows,
    max_result_bytes: limits.resultBytes,
    result_overflow_mode: limits.overflow,
    max_memory_usage: limits.memoryBytes,
    max_threads: limits.threads,
    max_temporary_data_on_disk_size_for_query: limits.diskBytes,
    readonly: 1,
  };
}
