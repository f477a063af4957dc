/**
 * Rolls up slots of spans that have gone quiet into ati_operations (migration 0017).
 *
 * Why what it leaves is right whenever it dies, and whoever does the same at the same time: the marks are read before the
 * spans, so its rows have at least what they say; they lie under these marks in the key, so that others of the same marks
 * replace them and others of other marks do not mix with them; and only when all of them are there the slot's RolledUp
 * says so. A row that comes later makes Rows another number, and nobody looks at them any more.
 */
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { quoteIdentifier } from '#infra/clickhouse/sql-lexer.ts';
import { SLOT_MS, SLOT_OF_SPAN, SLOT_SECONDS } from './slots.ts';

export interface RollUpOptions {
  readonly clickhouse: ClickHouse;
  /** CLICKHOUSE_DATABASE */
  readonly database: string;
  /** A slot that has been written to within so many seconds (ClickHouse's clock) waits. */
  readonly quietSeconds: number;
  /**
   * A tenant with fewer rows than this, in fewer slots than `minSlots`, waits: reading them is quick, and rolling up
   * reads a granule of each operation, however little of it is of the slots.
   */
  readonly minRows: number;
  readonly minSlots: number;
  readonly signal: AbortSignal;
}

/** Rows that one statement reads, but for a single slot that has more. */
const MAX_ROWS = 5_000_000;
const MAX_SLOTS = 30;
/** A statement reads for some seconds, beside inserts and questions. */
const SETTINGS = {
  max_execution_time: 300,
  max_threads: 1,
  do_not_merge_across_partitions_select_final: 1,
};

interface Stale {
  readonly tenant: string;
  /** Unix seconds. */
  readonly slot: number;
  /** Rows ever inserted. */
  readonly marks: number;
}

/** Rolls up what there is to roll up; returns the number of slots. Throws ClickHouseError. */
export async function rollUp(options: RollUpOptions): Promise<number> {
  const { minRows, minSlots, signal } = options;
  let rolled = 0;
  for (const slots of Map.groupBy(await staleSlots(options), ({ tenant }) => tenant).values()) {
    if (slots.length < minSlots && slots.reduce((sum, { marks }) => sum + marks, 0) < minRows) continue;
    for (const run of runs(slots)) {
      if (signal.aborted) return rolled;
      await rollUpRun(options, run);
      rolled += run.length;
    }
  }
  return rolled;
}

async function staleSlots({ clickhouse, database, quietSeconds }: RollUpOptions): Promise<Stale[]> {
  const rows = await clickhouse.query<{ tenant: string; slot: string; marks: string }>(
    `SELECT TenantId AS tenant, Slot AS slot, sum(Rows) AS marks
     FROM ${quoteIdentifier(database)}.ati_operation_marks
     WHERE Slot > 0 AND Slot + ${SLOT_SECONDS} <= toUnixTimestamp(now())
     GROUP BY tenant, slot
     HAVING marks != max(RolledUp) AND toUnixTimestamp(max(StoredAt)) + {quiet:UInt32} <= toUnixTimestamp(now())
     ORDER BY tenant, slot`,
    { params: { quiet: quietSeconds } },
  );
  return rows.map(({ tenant, slot, marks }) => ({ tenant, slot: Number(slot), marks: Number(marks) }));
}

/** Neighbours together, as many as a statement may read. */
function runs(slots: readonly Stale[]): Stale[][] {
  const found: Stale[][] = [];
  let rows = 0;
  for (const slot of slots) {
    const run = found.at(-1);
    rows += slot.marks;
    const fits = run !== undefined && run.length < MAX_SLOTS && rows <= MAX_ROWS;
    if (fits && run[run.length - 1].slot + SLOT_SECONDS === slot.slot) {
      run.push(slot);
      continue;
    }
    found.push([slot]);
    rows = slot.marks;
  }
  return found;
}

async function rollUpRun({ clickhouse, database, signal }: RollUpOptions, run: readonly Stale[]) {
  const home = quoteIdentifier(database);
  const params = {
    tenant: run[0].tenant,
    slots: run.map(({ slot }) => slot),
    marks: run.map(({ marks }) => marks),
    from: run[0].slot * 1_000,
    to: run[run.length - 1].slot * 1_000 + SLOT_MS,
  };
  const options = { params, signal };
  await clickhouse.command(
    `INSERT INTO ${home}.ati_operations
     SELECT TenantId, ${SLOT_OF_SPAN} AS Slot, transform(Slot, {slots:Array(Int64)}, {marks:Array(UInt64)}, toUInt64(0)) AS Marks,
       ServiceName, SpanName, count() AS Spans, countIf(StatusCode = 'Error') AS Errors,
       quantilesDDState(0.01, 0.5, 0.95, 0.99)(Duration) AS Durations, max(StoredAt) AS StoredAt
     FROM ${home}.otel_traces FINAL
     WHERE TenantId = {tenant:String} AND Timestamp >= fromUnixTimestamp64Milli({from:Int64})
       AND Timestamp < fromUnixTimestamp64Milli({to:Int64})
     GROUP BY TenantId, Slot, ServiceName, SpanName`,
    { ...options, settings: SETTINGS },
  );
  await clickhouse.command(
    `INSERT INTO ${home}.ati_operation_marks (TenantId, Slot, Rows, RolledUp, StoredAt)
     SELECT {tenant:String}, each.1, 0, each.2, now()
     FROM (SELECT arrayJoin(arrayZip({slots:Array(Int64)}, {marks:Array(UInt64)})) AS each)`,
    options,
  );
}
