/** What people ask of the query API, with things that are really there to ask about. */
import type { ClickHouse } from '#infra/clickhouse/port.ts';

export interface Question {
  readonly name: string;
  /** Path and search of the nth asking: another thing each time. */
  path(nth: number): string;
}

const HOUR_MS = 3_600_000;

interface Known {
  readonly traces: readonly string[];
  readonly incidents: readonly string[];
  /** Root operations, the most frequent first. */
  readonly roots: readonly { readonly service: string; readonly agent: string; readonly operation: string }[];
  readonly operations: readonly { readonly service: string; readonly operation: string }[];
}

async function lookUp(clickhouse: ClickHouse, database: string): Promise<Known> {
  const ids = async (column: string, table: string) => {
    const rows = await clickhouse.query<{ id: string }>(
      `SELECT DISTINCT ${column} AS id FROM ${database}.${table} ORDER BY cityHash64(id) LIMIT 500`,
    );
    return rows.map(({ id }) => id);
  };
  return {
    traces: await ids('TraceId', 'ati_traces'),
    incidents: await ids('IncidentId', 'ati_incident_events'),
    roots: await clickhouse.query(
      `SELECT RootService AS service, RootAgent AS agent, RootOperation AS operation FROM ${database}.ati_traces
       WHERE NOT Partial GROUP BY ALL ORDER BY count() DESC, service LIMIT 20`,
    ),
    operations: await clickhouse.query(
      `SELECT ServiceName AS service, SpanName AS operation FROM ${database}.otel_traces
       GROUP BY ALL ORDER BY count() DESC, service LIMIT 20`,
    ),
  };
}

/** Of the rows of the 24 hours from `startMs` (unix ms). */
export async function questionsOf(
  clickhouse: ClickHouse,
  database: string,
  startMs: number,
): Promise<Question[]> {
  const { traces, incidents, roots, operations } = await lookUp(clickhouse, database);
  const of = <T>(list: readonly T[], nth: number) => list[nth % list.length];
  const search = (values: Record<string, string | number>) =>
    new URLSearchParams(
      Object.entries(values).map(([key, value]) => [key, String(value)] as [string, string]),
    ).toString();
  const time = (ms: number) => new Date(ms).toISOString();
  const day = { from: time(startMs), to: time(startMs + 24 * HOUR_MS) };
  const hour = (nth: number) => {
    const from = startMs + (nth % 23) * HOUR_MS;
    return { from: time(from), to: time(from + HOUR_MS) };
  };
  return [
    { name: 'a trace by id', path: (n) => `/v1/traces/${of(traces, n)}` },
    { name: 'incidents of an hour', path: (n) => `/v1/incidents?${search(hour(n))}` },
    { name: 'an incident by id', path: (n) => `/v1/incidents/${of(incidents, n)}` },
    { name: 'p99 of every operation, a day', path: () => `/v1/operations?${search(day)}` },
    {
      name: 'p99 of one operation, a day',
      path: (n) => `/v1/operations?${search({ ...day, ...of(operations, n) })}`,
    },
    { name: 'p99 of every operation, an hour', path: (n) => `/v1/operations?${search(hour(n))}` },
    { name: 'the newest traces', path: () => '/v1/traces?limit=50' },
    {
      name: 'traces with a finding, of an hour',
      path: (n) => `/v1/traces?${search({ ...hour(n), findings: 'true', limit: 50 })}`,
    },
    {
      name: 'slow traces of an operation, a day',
      path: (n) => {
        const { service, operation } = of(roots, n);
        return `/v1/traces?${search({ ...day, service, operation, minDurationMs: 400, limit: 50 })}`;
      },
    },
    {
      name: 'critical path of an operation, an hour',
      path: (n) => `/v1/critical-path?${search({ ...hour(n), ...of(roots, n) })}`,
    },
    {
      name: 'critical path of an operation, a day',
      path: (n) => `/v1/critical-path?${search({ ...day, ...of(roots, n) })}`,
    },
    {
      name: 'why slow traces are slow, an hour',
      path: (n) => `/v1/attribution?${search({ ...hour(n), ...of(roots, n) })}`,
    },
    {
      name: 'why slow traces are slow, a day',
      path: (n) => `/v1/attribution?${search({ ...day, ...of(roots, n) })}`,
    },
  ];
}
