/** How often an incident has shown itself in its last episode: while it is open, repeats of it give no events of its own. */
import { z } from 'zod';
import { type ClickHouse, ClickHouseError } from '#infra/clickhouse/port.ts';
import type { IncidentEvent } from '#schemas/events.ts';
import { FINAL_BY_DAY } from './deps.ts';
import { LIMIT_CODES } from './errors.ts';
import { isoOf, stateOf } from './incident-json.ts';

/** So far back signals are searched: a longer time is a longer read. */
const SEEN_HOURS = 24;
const HOUR_MS = 3_600_000;
/** Of a DateTime64(3). */
const MAX_MS = Date.UTC(2299, 0);

export const seenJson = {
  lastSeenAt: z
    .string()
    .nullable()
    .describe(
      `end of the root of the last trace that shows it, of its last episode and the last ${SEEN_HOURS} hours, ISO 8601; null: none does, or only a window`,
    ),
  seenTraces: z
    .number()
    .int()
    .nullable()
    .describe(
      `traces that show it, of its last episode and the last ${SEEN_HOURS} hours; null: too many traces to count`,
    ),
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

/** An incident as it is now: the agent operation that its findings are about, and its last episode, unix ms. */
type Sought = Pick<IncidentEvent, 'incidentId' | 'agent' | 'operation' | 'event' | 'openedAt' | 'at'>;

/** Its last episode, as far as it counts: unix ms, both ends included. */
interface Episode {
  readonly id: string;
  readonly agent: string;
  readonly operation: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Of each of the incidents, from the root findings of the signals of its last episode and the last SEEN_HOURS: those are
 * sorted by the agent operation that a finding is about, and then by time, where a look into the traces would be one into all
 * of them. Not known where that meets the limits of a query: the incidents are what was asked for.
 */
export async function seenLately(
  clickhouse: ClickHouse,
  database: string,
  tenant: string,
  incidents: readonly Sought[],
  now: number,
): Promise<(id: string) => Seen> {
  const since = now - SEEN_HOURS * HOUR_MS;
  const episodes = incidents.map(({ incidentId: id, agent, operation, event, openedAt, at }): Episode => {
    const to = stateOf(event) === 'open' ? MAX_MS : at;
    return { id, agent, operation, from: Math.max(openedAt, since), to };
  });
  const sought = episodes.filter(({ from, to }) => from <= to);
  if (sought.length === 0) return () => NEVER;
  const rows = await rowsOf(clickhouse, database, tenant, sought);
  if (rows === undefined) return () => UNKNOWN;
  const seen = new Map(
    rows.map(({ Id, lastMs, traces }) => [
      Id,
      { lastSeenAt: isoOf(Number(lastMs)), seenTraces: Number(traces) },
    ]),
  );
  return (id) => seen.get(id) ?? NEVER;
}

/** Episodes that began in the same hour are looked for together: a condition for each of hundreds takes longer than their rows. */
const byHour = (episodes: readonly Episode[]): Episode[][] => [
  ...Map.groupBy(episodes, ({ from }) => Math.floor(from / HOUR_MS)).values(),
];

const seenSql = (database: string, hours: number) => {
  const within = Array.from(
    { length: hours },
    (_, n) => `(Agent, Operation) IN arrayZip({agents${n}:Array(String)}, {operations${n}:Array(String)})
         AND EventTime >= fromUnixTimestamp64Milli({from${n}:Int64}) AND EventTime <= fromUnixTimestamp64Milli({to${n}:Int64})`,
  );
  return `SELECT Id, max(ms) AS lastMs, uniqExact(TraceId) AS traces
     FROM (
       SELECT arrayJoin(arrayFilter((id, root) -> root AND has({ids:Array(String)}, id),
           Findings.IncidentId, Findings.Root)) AS Id,
         indexOf({ids:Array(String)}, Id) AS nth, toUnixTimestamp64Milli(EventTime) AS ms, TraceId
       FROM ${database}.ati_signals FINAL
       WHERE TenantId = {tenant:String} AND Scope = 'operation' AND (${within.join(' OR ')})
         AND hasAny(Findings.IncidentId, {ids:Array(String)})
     )
     WHERE ms BETWEEN {froms:Array(Int64)}[nth] AND {tos:Array(Int64)}[nth]
     GROUP BY Id`;
};

async function rowsOf(
  clickhouse: ClickHouse,
  database: string,
  tenant: string,
  sought: readonly Episode[],
): Promise<readonly SeenRow[] | undefined> {
  const hours = byHour(sought);
  const params: Record<string, unknown> = {
    tenant,
    ids: sought.map(({ id }) => id),
    froms: sought.map(({ from }) => from),
    tos: sought.map(({ to }) => to),
  };
  for (const [n, episodes] of hours.entries()) {
    params[`agents${n}`] = episodes.map(({ agent }) => agent);
    params[`operations${n}`] = episodes.map(({ operation }) => operation);
    params[`from${n}`] = Math.min(...episodes.map(({ from }) => from));
    params[`to${n}`] = Math.max(...episodes.map(({ to }) => to));
  }
  try {
    const sql = seenSql(database, hours.length);
    return await clickhouse.query<SeenRow>(sql, { params, settings: SEEN_SETTINGS });
  } catch (error) {
    if (error instanceof ClickHouseError && LIMIT_CODES.has(error.code)) return undefined;
    throw error;
  }
}
