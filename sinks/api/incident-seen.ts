/** How often an incident has shown itself lately: while it is open, repeats of it give no events of its own. */
import { z } from 'zod';
import { type ClickHouse, ClickHouseError } from '#infra/clickhouse/port.ts';
import { FINAL_BY_DAY } from './deps.ts';
import { LIMIT_CODES } from './errors.ts';
import { isoOf } from './incident-json.ts';

/** So far back traces are searched: their table is sorted by trace, so a longer time is a longer read. */
export const SEEN_HOURS = 24;

export const seenJson = {
  lastSeenAt: z
    .string()
    .nullable()
    .describe(
      `end of the last trace of the last ${SEEN_HOURS} hours that shows it, ISO 8601; null: none does, or only a window`,
    ),
  seenTraces: z
    .number()
    .int()
    .nullable()
    .describe(`traces of the last ${SEEN_HOURS} hours that show it; null: too many traces to count`),
};

export interface Seen {
  readonly lastSeenAt: string | null;
  /** Null: the count met its limits. */
  readonly seenTraces: number | null;
}

interface SeenRow {
  readonly Id: string;
  readonly lastMs: string;
  readonly traces: string;
}

const NEVER: Seen = { lastSeenAt: null, seenTraces: 0 };
const UNKNOWN: Seen = { lastSeenAt: null, seenTraces: null };
/** Beside the incidents themselves: nobody waits longer for it. */
export const SEEN_SETTINGS = { ...FINAL_BY_DAY, max_execution_time: 3 } as const;

/**
 * Of each of the incidents, from the root findings of the stored traces that started in the last SEEN_HOURS. Not known where
 * that meets the limits of a query: the incidents are what was asked for.
 */
export async function seenLately(
  clickhouse: ClickHouse,
  database: string,
  tenant: string,
  ids: readonly string[],
  now: number,
): Promise<(id: string) => Seen> {
  if (ids.length === 0) return () => NEVER;
  const rows = await rowsOf(clickhouse, database, tenant, ids, now);
  if (rows === undefined) return () => UNKNOWN;
  const seen = new Map(
    rows.map(({ Id, lastMs, traces }) => [
      Id,
      { lastSeenAt: isoOf(Number(lastMs)), seenTraces: Number(traces) },
    ]),
  );
  return (id) => seen.get(id) ?? NEVER;
}

export const seenSql = (
  database: string,
) => `SELECT arrayJoin(arrayFilter((id, root) -> root AND has({ids:Array(String)}, id),
         Findings.IncidentId, Findings.Root)) AS Id,
       max(intDiv(toUnixTimestamp64Nano(Start) + toInt64(Duration), 1000000)) AS lastMs, uniqExact(TraceId) AS traces
     FROM ${database}.ati_traces FINAL
     WHERE TenantId = {tenant:String} AND Start >= fromUnixTimestamp64Milli({from:Int64})
       AND hasAny(Findings.IncidentId, {ids:Array(String)})
     GROUP BY Id`;

async function rowsOf(
  clickhouse: ClickHouse,
  database: string,
  tenant: string,
  ids: readonly string[],
  now: number,
): Promise<readonly SeenRow[] | undefined> {
  const params = { tenant, ids, from: now - SEEN_HOURS * 3_600_000 };
  try {
    return await clickhouse.query<SeenRow>(seenSql(database), { params, settings: SEEN_SETTINGS });
  } catch (error) {
    if (error instanceof ClickHouseError && LIMIT_CODES.has(error.code)) return undefined;
    throw error;
  }
}
