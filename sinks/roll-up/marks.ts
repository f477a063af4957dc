/**
 * Marks of slots that have changed otherwise than by an insert into otel_traces, which the view of migration 0017 marks:
 * rows were deleted, or the table was exchanged. What had been rolled up of them does not count any more.
 */
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { quoteIdentifier } from '#infra/clickhouse/sql-lexer.ts';
import { SLOT_OF_SPAN } from './slots.ts';

const into = (database: string) =>
  `INSERT INTO ${quoteIdentifier(database)}.ati_operation_marks (TenantId, Slot, Rows, RolledUp, StoredAt)`;

/** Starts of the slots that a trace has spans in, unix seconds. */
export async function slotsOfTrace(
  ch: ClickHouse,
  database: string,
  tenant: string,
  traceId: string,
): Promise<string[]> {
  const rows = await ch.query<{ slot: string }>(
    `SELECT DISTINCT toString(${SLOT_OF_SPAN}) AS slot FROM ${quoteIdentifier(database)}.otel_traces
     WHERE TenantId = {tenant:String} AND TraceId = {traceId:String} ORDER BY slot LIMIT 1000`,
    { params: { tenant, traceId } },
  );
  return rows.map(({ slot }) => slot);
}

/** Marks these slots of a tenant. */
export async function markSlots(
  ch: ClickHouse,
  database: string,
  tenant: string,
  slots: readonly string[],
): Promise<void> {
  if (slots.length === 0) return;
  await ch.command(`${into(database)} SELECT {tenant:String}, arrayJoin({slots:Array(Int64)}), 1, 0, now()`, {
    params: { tenant, slots: slots.map(Number) },
  });
}

/** Marks every slot that has spans, or had. Reads two columns of all spans. */
export async function markAll(ch: ClickHouse, database: string): Promise<void> {
  const home = quoteIdentifier(database);
  await ch.command(
    `${into(database)}
     SELECT TenantId, Slot, sum(n), 0, now() FROM (
       SELECT TenantId, ${SLOT_OF_SPAN} AS Slot, count() AS n FROM ${home}.otel_traces GROUP BY ALL
       UNION ALL SELECT TenantId, Slot, 1 AS n FROM ${home}.ati_operation_marks GROUP BY ALL
     ) GROUP BY TenantId, Slot`,
  );
}

/**
 * Marks the slots of one day that was written before there were marks, the last first: it has more rows than were ever
 * marked. Returns the day (of ClickHouse's time zone, as the partitions), or undefined where there is none.
 */
export async function markOldDay(ch: ClickHouse, database: string): Promise<string | undefined> {
  const [day] = await ch.query<{ day: string }>(
    `SELECT p.day AS day FROM (
       SELECT toDate(partition) AS day, sum(parts.rows) AS stored FROM system.parts AS parts
       WHERE active AND database = {database:String} AND table = 'otel_traces' AND partition != '1970-01-01' GROUP BY day
     ) AS p LEFT JOIN (
       SELECT toDate(toDateTime(Slot)) AS day, sum(Rows) AS marked FROM ${quoteIdentifier(database)}.ati_operation_marks
       WHERE Slot > 0 AND Slot < 4294967295 GROUP BY day
     ) AS m ON p.day = m.day
     WHERE stored > marked ORDER BY day DESC LIMIT 1`,
    { params: { database } },
  );
  if (day === undefined) return undefined;
  await ch.command(
    `${into(database)} SELECT TenantId, ${SLOT_OF_SPAN} AS Slot, count(), 0, now()
     FROM ${quoteIdentifier(database)}.otel_traces
     WHERE toDate(Timestamp) = toDate({day:String})
     GROUP BY TenantId, Slot`,
    { params: { day: day.day } },
  );
  return day.day;
}
