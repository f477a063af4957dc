/** How often an incident has shown itself lately: while it is open, repeats of it give no events of its own. */
import { z } from 'zod';
import { type ClickHouse, ClickHouseError } from '#infra/clickhouse/port.ts';
import { FINAL_BY_DAY } from './deps.ts';
import { LIMIT_CODES } from './errors.ts';
import { isoOf } from './incident-json.ts';

/** So far back signals are searched: a longer time is a longer read. */
const SEEN_HOURS = 24;

export const seenJson = {
  lastSeenAt: z
    .string()
    .nullable()
    .describe(
      `end of the root of the last trace of the last ${SEEN_HOURS} hours that shows it, ISO 8601; null: none does, or only a window`,
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
const SEEN_SETTINGS = { ...FINAL_BY_DAY, max_execution_time: 3 } as const;

/** An incident, and the agent operation that its findings are about. */
interface Sought {
  readonly incidentId: string;
  readonly agent: string;
  readonly operation: string;
}

/**
 * Of each of the incidents, from the root findings of the signals of the last SEEN_HOURS: those are sorted by the agent
 * operation that a finding is about, where a look into the traces would be one into all of them. Not known where that
 * meets the limits of a query: the incidents are what was asked for.
 */
export async function seenLately(
  clickhouse: ClickHouse,
  database: string,
  tenant: string,
  incidents: readonly Sought[],
  now: number,
): Promise<(id: string) => Seen> {
  if (incidents.length === 0) return () => NEVER;
  const rows = await rowsOf(clickhouse, database, tenant, incidents, now);
  if (rows === undefined) return () => UNKNOWN;
  const seen = new Map(
    rows.map(({ Id, lastMs, traces }) => [
      Id,
      { lastSeenAt: isoOf(Number(lastMs)), seenTraces: Number(traces) },
    ]),
  );
  return (id) => seen.get(id) ?? NEVER;
}

const seenSql = (
  database: string,
) => `SELECT arrayJoin(arrayFilter((id, root) -> root AND has({ids:Array(String)}, id),
         Findings.IncidentId, Findings.Root)) AS Id,
       max(toUnixTimestamp64Milli(EventTime)) AS lastMs, uniqExact(TraceId) AS traces
     FROM ${database}.ati_signals FINAL
     WHERE TenantId = {tenant:String} AND (Agent, Operation) IN arrayZip({agents:Array(String)}, {operations:Array(String)})
       AND Scope = 'operation' AND EventTime >= fromUnixTimestamp64Milli({from:Int64})
       AND hasAny(Findings.IncidentId, {ids:Array(String)})
     GROUP BY Id`;

async function rowsOf(
  clickhouse: ClickHouse,
  database: string,
  tenant: string,
  incidents: readonly Sought[],
  now: number,
): Promise<readonly SeenRow[] | undefined> {
  const params = {
    tenant,
    ids: incidents.map(({ incidentId }) => incidentId),
    agents: incidents.map(({ agent }) => agent),
    operations: incidents.map(({ operation }) => operation),
    from: now - SEEN_HOURS * 3_600_000,
  };
  try {
    return await clickhouse.query<SeenRow>(seenSql(database), { params, settings: SEEN_SETTINGS });
  } catch (error) {
    if (error instanceof ClickHouseError && LIMIT_CODES.has(error.code)) return undefined;
    throw error;
  }
}
