/** Measures of operations by bucket: from spans, and for what is rolled up from ati_operations. */
import { divide, SLOT_MS, SLOT_SECONDS, type Stretch } from '../roll-up/slots.ts';
import { Conditions } from './conditions.ts';
import { type ApiDeps, FINAL_BY_DAY } from './deps.ts';

interface OperationsQuery {
  readonly tenant: string;
  /** Unix ms. */
  readonly range: Stretch;
  /** Seconds. */
  readonly step: number;
  readonly service: string | undefined;
  readonly operation: string | undefined;
  /** Operations. */
  readonly limit: number;
}

export interface MeasureRow {
  /** 64-bit integers come as strings. */
  readonly spans: string;
  readonly failed: string;
  readonly quantiles: readonly number[];
}

export interface BucketRow extends MeasureRow {
  readonly service: string;
  readonly operation: string;
  readonly start: string;
  /** Of the operation in the whole range. */
  readonly allSpans: string;
  readonly allFailed: string;
  readonly allQuantiles: readonly number[];
}

const LEVELS = '0.5, 0.95, 0.99';

/**
 * Rows of the most called operations' buckets, the most called first. `buckets` are read once: FINAL reads the whole key
 * of each span beside what is measured, and that is most of the cost. What holds for the range is merged from them with
 * `merge`, the quantiles' function for their states.
 */
const ranked = (buckets: string, merge: string) => `
  SELECT service, operation, start, spans, failed, finalizeAggregation(state) AS quantiles, allSpans, allFailed, allQuantiles
  FROM (
    SELECT *, dense_rank() OVER (ORDER BY allSpans DESC, service, operation) AS place
    FROM (
      SELECT *, sum(spans) OVER whole AS allSpans, sum(failed) OVER whole AS allFailed,
        ${merge}(state) OVER whole AS allQuantiles
      FROM (${buckets})
      WINDOW whole AS (PARTITION BY service, operation)
    )
  )
  WHERE place <= {limit:UInt32} ORDER BY place, start`;

const fromSpans = (database: string, where: string, state: string) => `
  SELECT ServiceName AS service, SpanName AS operation,
    intDiv(toUnixTimestamp64Milli(toDateTime64(Timestamp, 3)), {step:UInt32} * 1000) * {step:UInt32} * 1000 AS start,
    count() AS spans, countIf(StatusCode = 'Error') AS failed, ${state}(Duration) AS state
  FROM ${database}.otel_traces FINAL WHERE ${where}
  GROUP BY service, operation, start`;

const fromSlots = (database: string, where: string) => `
  SELECT ServiceName AS service, SpanName AS operation, intDiv(Slot, {step:UInt32}) * {step:UInt32} * 1000 AS start,
    sum(Spans) AS spans, sum(Errors) AS failed, quantilesDDMergeState(0.01, ${LEVELS})(Durations) AS state
  FROM ${database}.ati_operations FINAL WHERE ${where}
  GROUP BY service, operation, start`;

const conditions = ({ tenant, service, operation }: OperationsQuery) =>
  new Conditions()
    .add('TenantId = {tenant:String}', { tenant })
    .add('ServiceName = {service:String}', { service })
    .add('SpanName = {operation:String}', { operation });

/**
 * Buckets of the range. Counts are exact; quantiles are those of the values themselves (of up to 8,192 a bucket) where
 * nothing is rolled up or buckets are no whole slots, else within 1 % of the value.
 */
export async function operationRows(deps: ApiDeps, query: OperationsQuery): Promise<BucketRow[]> {
  const { clickhouse, database } = deps;
  const { range, step, limit } = query;
  const { rolledUp, others } = divide(range, step % SLOT_SECONDS === 0 ? await slots(deps, query) : []);
  const where = conditions(query);
  if (rolledUp.length === 0) {
    where
      .add('Timestamp >= fromUnixTimestamp64Milli({from:Int64})', { from: range.from })
      .add('Timestamp < fromUnixTimestamp64Milli({to:Int64})', { to: range.to });
    const buckets = fromSpans(database, where.sql, `quantilesState(${LEVELS})`);
    return clickhouse.query(ranked(buckets, `quantilesMerge(${LEVELS})`), {
      params: { ...where.params, limit, step },
      settings: FINAL_BY_DAY,
    });
  }
  const params: Record<string, number> = {};
  const spansOf = others.map(({ from, to }, i) => {
    Object.assign(params, { [`from${i}`]: from, [`to${i}`]: to });
    return `(Timestamp >= fromUnixTimestamp64Milli({from${i}:Int64}) AND Timestamp < fromUnixTimestamp64Milli({to${i}:Int64}))`;
  });
  const slotsOf = rolledUp.map(({ from, to }, i) => {
    Object.assign(params, { [`first${i}`]: from / 1_000, [`end${i}`]: to / 1_000 });
    return `(Slot >= {first${i}:Int64} AND Slot < {end${i}:Int64})`;
  });
  // The last that was rolled up of each, though a span may have come since the slots were chosen.
  const right = `(Slot, Marks) IN (
    SELECT Slot, max(RolledUp) FROM ${database}.ati_operation_marks
    WHERE TenantId = {tenant:String} AND (${slotsOf.join(' OR ')}) GROUP BY Slot)`;
  const parts = [fromSlots(database, `${where.sql} AND (${slotsOf.join(' OR ')}) AND ${right}`)];
  if (spansOf.length > 0)
    parts.push(
      fromSpans(database, `${where.sql} AND (${spansOf.join(' OR ')})`, `quantilesDDState(0.01, ${LEVELS})`),
    );
  const merged = `
    SELECT service, operation, start, sum(spans) AS spans, sum(failed) AS failed,
      quantilesDDMergeState(0.01, ${LEVELS})(state) AS state
    FROM (${parts.join(' UNION ALL ')}) GROUP BY service, operation, start`;
  return clickhouse.query(ranked(merged, `quantilesDDMerge(0.01, ${LEVELS})`), {
    params: { ...where.params, ...params, limit, step },
    settings: FINAL_BY_DAY,
  });
}

/** Starts of the whole slots of a range that are rolled up as they are now, unix seconds. */
async function slots(
  { clickhouse, database }: ApiDeps,
  { tenant, range }: OperationsQuery,
): Promise<number[]> {
  if (range.to - range.from < SLOT_MS) return [];
  const rows = await clickhouse.query<{ slot: string }>(
    `SELECT Slot AS slot FROM ${database}.ati_operation_marks
     WHERE TenantId = {tenant:String} AND Slot >= {from:Int64} AND Slot < {to:Int64}
     GROUP BY slot HAVING sum(Rows) = max(RolledUp) ORDER BY slot`,
    {
      params: { tenant, from: Math.floor(range.from / 1_000), to: Math.ceil(range.to / 1_000) },
      settings: FINAL_BY_DAY,
    },
  );
  return rows.map(({ slot }) => Number(slot));
}
