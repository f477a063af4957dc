/** What a variant has produced, in figures that must be equal: on its topics, and in its tables. */
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { decode } from '#schemas/codec.ts';
import type { IncidentEvent, TraceSummary } from '#schemas/events.ts';
import { digest, lastOf, lineOfIncident, lineOfTrace } from './truth.ts';
import { resultTopic, type Variant } from './variants.ts';

/** Records on a topic; 0 while it is not there. */
export async function recordsOn(kafka: Kafka, topic: string): Promise<number> {
  const offsets = await kafka.offsets(topic);
  return offsets.reduce((sum, { latest, earliest }) => sum + latest - earliest, 0);
}

/** Avro as ours and the idiomatic peer's, or the naive one's JSON (a bigint is a string there). */
function eventOf(value: Buffer): unknown {
  if (value[0] === 0x7b) return (JSON.parse(value.toString('utf8')) as { value: unknown }).value;
  const decoded = decode(value);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}

async function* eventsOn<T>(kafka: Kafka, topic: string): AsyncGenerator<T> {
  for (const { partition } of await kafka.offsets(topic))
    for await (const { value } of kafka.read(topic, partition, 0))
      if (value !== null) yield eventOf(value) as T;
}

export interface Detected {
  readonly traces: number;
  readonly traceDigest: string;
  readonly incidents: number;
  readonly incidentDigest: string;
}

/** Trace summaries and last incident events of a variant. */
export async function detectedBy(kafka: Kafka, variant: Variant, prefix: string): Promise<Detected> {
  // Only their lines are kept: half a million summaries are more than a heap holds.
  const traces: string[] = [];
  for await (const summary of eventsOn<TraceSummary>(kafka, resultTopic(variant, 'traces', prefix)))
    traces.push(lineOfTrace(summary));
  const events = eventsOn<IncidentEvent>(kafka, resultTopic(variant, 'incidents', prefix));
  const incidents = lastOf(await Array.fromAsync(events));
  return {
    traces: traces.length,
    traceDigest: digest(traces),
    incidents: incidents.length,
    incidentDigest: digest(incidents.map(lineOfIncident)),
  };
}

/** Rows of a table with their digest: the same rows in any order give the same. */
export interface Rows {
  readonly rows: string;
  readonly digest: string;
}

/** Every column that the OpenTelemetry Collector's table has, too; attributes in the order of their keys. */
const SPAN_COLUMNS = [
  'Timestamp',
  'TraceId',
  'SpanId',
  'ParentSpanId',
  'TraceState',
  'SpanName',
  'SpanKind',
  'ServiceName',
  'mapSort(ResourceAttributes)',
  'ScopeName',
  'ScopeVersion',
  'mapSort(SpanAttributes)',
  'Duration',
  'StatusCode',
  'StatusMessage',
];
const TRACE_COLUMNS = [
  'TenantId',
  'TraceId',
  'Revision',
  'Partial',
  'RootSpanId',
  'RootService',
  'RootAgent',
].concat([
  'RootOperation',
  'Start',
  'Duration',
  'SpanCount',
  'ErrorCount',
  'Path.SpanId',
  'Path.StartNs',
  'Findings.Kind',
  'Findings.IncidentId',
]);
const INCIDENT_COLUMNS = [
  'TenantId',
  'IncidentId',
  'Revision',
  'Event',
  'Kind',
  'Severity',
  'Episode',
  'ContentDigest',
];

/** A table of rows that must be equal, as a reader sees it: FINAL where it replaces what was delivered twice. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly replaces: boolean;
}

export const SPAN_TABLE: Table = { name: 'otel_traces', columns: SPAN_COLUMNS, replaces: true };
/** The Collector's own. */
export const PLAIN_SPAN_TABLE: Table = { ...SPAN_TABLE, replaces: false };
export const TRACE_TABLE: Table = { name: 'ati_traces', columns: TRACE_COLUMNS, replaces: true };
export const INCIDENT_TABLE: Table = {
  name: 'ati_incident_events',
  columns: INCIDENT_COLUMNS,
  replaces: true,
};

export async function rowsOf(clickhouse: ClickHouse, { name, columns, replaces }: Table): Promise<Rows> {
  const [row] = await clickhouse.query<Rows>(
    `SELECT count() AS rows, hex(sum(sipHash64(${columns.join(', ')}))) AS digest FROM ${name}${replaces ? ' FINAL' : ''}`,
  );
  return row;
}

/**
 * Rows of a table as a reader counts them: from the parts' metadata, nearly free, and by FINAL only where there are more than
 * `wanted` (some were delivered twice). 0 while the table is not there.
 */
export async function countUpTo(
  clickhouse: ClickHouse,
  { name, replaces }: Table,
  wanted: number,
): Promise<number> {
  const stored = await count(clickhouse, name);
  if (stored <= wanted || !replaces) return stored;
  const [row] = await clickhouse.query<{ rows: string }>(`SELECT count() AS rows FROM ${name} FINAL`);
  return Number(row.rows);
}

/** From the parts' metadata: nearly free. 0 while the table is not there. */
export async function count(clickhouse: ClickHouse, table: string): Promise<number> {
  const [row] = await clickhouse.query<{ rows: string | null }>(
    'SELECT sum(total_rows) AS rows FROM system.tables WHERE database = currentDatabase() AND name = {table:String}',
    { params: { table } },
  );
  return Number(row?.rows ?? 0);
}
