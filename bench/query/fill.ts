/** A day of rows out of a few minutes of real ones: the same rows again and again, with other ids and later times. */
import { DEFAULT_TENANT } from '#infra/access/access.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { seedOf } from './seed.ts';

export interface FillOptions {
  readonly clickhouse: ClickHouse;
  readonly database: string;
  /** How often the seed is copied. */
  readonly copies: number;
  /** A copy is so much later than the one before. */
  readonly stepMs: number;
  progress(text: string): void;
}

/** Installations whose names differ, as several teams' meshes do: each has its services and operations. */
const MESHES = 20;
/** Copies that one INSERT writes. Bounded by the engine's memory for a query. */
const AT_ONCE = 8;
const HOUR_MS = 3_600_000;

const named = (column: string) => `concat(${column}, '-', toString(copy % ${MESHES}))`;
const later = (column: string) => `${column} + toIntervalMillisecond(shiftMs)`;
/** Whom the API answers without tokens. */
const TENANT = `'${DEFAULT_TENANT}'`;
const traceId = (column: string) => `lower(hex(sipHash128(${column}, copy)))`;
const spanId = (column: string) => `if(${column} = '', '', lower(hex(sipHash64(${column}, copy))))`;
/** Each hour something else goes wrong, so an incident's last event lies in an hour of its own. */
const incidentId = (value: string) =>
  `lower(hex(sipHash128(${value}, copy % ${MESHES}, intDiv(shiftMs, ${HOUR_MS}))))`;
const FINDINGS = `arrayMap(f -> tuple(f.1, ${incidentId('f.2')}, f.3, f.4, f.5, f.6, f.7, f.8, f.9, f.10, f.11), Findings)`;

/** What of a row a copy changes. */
const CHANGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  otel_traces: {
    TenantId: TENANT,
    TraceId: traceId('TraceId'),
    SpanId: spanId('SpanId'),
    ParentSpanId: spanId('ParentSpanId'),
    ServiceName: named('ServiceName'),
    Timestamp: later('Timestamp'),
    ReceivedAt: later('ReceivedAt'),
  },
  ati_traces: {
    TenantId: TENANT,
    TraceId: traceId('TraceId'),
    RootSpanId: spanId('RootSpanId'),
    RootService: named('RootService'),
    Start: later('Start'),
    SourceClock: later('SourceClock'),
    Findings: FINDINGS,
  },
  ati_signals: {
    TenantId: TENANT,
    Agent: named('Agent'),
    EventTime: later('EventTime'),
    TraceId: traceId('TraceId'),
    SourceClock: later('SourceClock'),
    Findings: FINDINGS,
  },
  ati_incident_events: {
    TenantId: TENANT,
    IncidentId: incidentId('IncidentId'),
    Agent: named('Agent'),
    Revision: `Revision + intDiv(copy, ${MESHES}) * 1000`,
    WindowStart: later('WindowStart'),
    WindowEnd: later('WindowEnd'),
    OpenedAt: later('OpenedAt'),
    At: later('At'),
    ExemplarTraceIds: `arrayMap(t -> ${traceId('t')}, ExemplarTraceIds)`,
  },
};

/** Fills every table; resolves when the rows are there, merged as far as ClickHouse has come. */
export async function fill(options: FillOptions): Promise<void> {
  const { clickhouse, database, copies, stepMs, progress } = options;
  for (const [table, changes] of Object.entries(CHANGES)) {
    const replaced = Object.entries(changes).map(([column, value]) => `${value} AS ${column}`);
    for (let from = 0; from < copies; from += AT_ONCE) {
      progress(`filling ${table}: ${Math.round((100 * from) / copies)} %`);
      const to = Math.min(copies, from + AT_ONCE);
      await clickhouse.command(
        `INSERT INTO ${database}.${table} SELECT * EXCEPT (copy, shiftMs) REPLACE (${replaced.join(', ')}) FROM (
           SELECT *, arrayJoin(range(${from}, ${to})) AS copy, copy * ${stepMs} AS shiftMs
           FROM ${database}.${seedOf(table)} FINAL)`,
        { settings: { max_threads: 2, max_insert_threads: 1, min_insert_block_size_rows: 200_000 } },
      );
    }
    await clickhouse.command(`DROP TABLE ${database}.${seedOf(table)}`);
  }
}
