/** Metrics in buckets of time, by service, name and attributes. */
import { Conditions } from './conditions.ts';
import { type ApiDeps, QUERY_SETTINGS } from './deps.ts';
import { isoOf } from './incident-json.ts';
import type { MetricSeries, MetricType } from './metric-json.ts';
import { int64Of } from './parameters.ts';
import { doubleOf, QUOTE_DENORMALS } from './telemetry-json.ts';
import type { TimeRange } from './time-range.ts';

interface SeriesRow {
  readonly key: string;
  readonly service: string;
  readonly name: string;
  readonly unit: string;
  readonly attributes: Record<string, string>;
}
interface BucketRow {
  readonly key: string;
  readonly start: string;
  readonly points: string;
}
interface NumberRow extends BucketRow {
  readonly average: number | string;
  readonly least: number;
  readonly greatest: number;
  readonly newest: number;
  readonly growth: number | string;
  readonly monotonic: boolean;
}
interface DistributionRow extends BucketRow {
  readonly measured: string;
  readonly total: number | string;
  readonly summed: boolean;
}

/**
 * How far before the range a cumulative series is read to know from where it grew: the default export interval of an
 * SDK is a minute, and a step may be longer than that.
 */
const LOOK_BACK_MS = 300_000;

const KEY = 'cityHash64(ServiceName, MetricName, MetricUnit, mapSort(Attributes))';
const START =
  'intDiv(toUnixTimestamp64Nano(TimeUnix), {step:Int64} * 1000000000) * {step:Int64} * 1000 AS start';
/** What is not recorded or not finite is left out. */
const RECORDED = 'bitAnd(Flags, 1) = 0';

/**
 * By how much `column` grew from the point before it in its series. A delta is its growth. Of a cumulative value: the
 * difference; after a reset (a new start, or a smaller `measured` than before) all of it; of the first point that is
 * read all of it when its series began within what is read, else nothing is known.
 */
const growthOf = (column: string, difference: string, measured: string, delta: string) => `multiIf(
  ${delta}, ${column},
  place > 1 AND StartTimeUnix = startBefore AND ${measured} >= ${measured}Before, ${difference},
  place > 1 OR StartTimeUnix >= fromUnixTimestamp64Milli({readFrom:Int64}), ${column},
  0)`;

/** The points of `table`, each with the one before it in its series. */
const withBefore = (table: string, columns: readonly string[], where: string) => `(
  SELECT *, ${columns.map((column) => `lagInFrame(${column}) OVER series AS ${column}Before`).join(', ')},
    lagInFrame(StartTimeUnix) OVER series AS startBefore, row_number() OVER series AS place
  FROM ${table} FINAL WHERE ${where}
  WINDOW series AS (PARTITION BY SeriesId ORDER BY TimeUnix, StartTimeUnix))`;

export interface SeriesQuery extends TimeRange {
  readonly tenant: string;
  readonly service?: string | undefined;
  readonly name?: string | undefined;
  /** Seconds. */
  readonly step: number;
  /** Most series. */
  readonly limit: number;
}

/** The series of `type`, in order of service, name, attributes and unit: one more than `limit` where there are more. */
export async function seriesOf(
  { clickhouse, database }: Pick<ApiDeps, 'clickhouse' | 'database'>,
  type: MetricType,
  { tenant, service, name, from, to, step, limit }: SeriesQuery,
): Promise<MetricSeries[]> {
  const table = `${database}.otel_metrics_${type}`;
  const isNumber = type === 'gauge' || type === 'sum';
  const common = new Conditions()
    .add('TenantId = {tenant:String}', { tenant })
    .add('ServiceName = {service:String}', { service })
    .add('MetricName = {name:String}', { name })
    .add('TimeUnix < fromUnixTimestamp64Milli({to:Int64})', { to })
    .add(isNumber ? `${RECORDED} AND isFinite(Value)` : RECORDED);
  const inRange = 'TimeUnix >= fromUnixTimestamp64Milli({from:Int64})';
  const settings = { ...QUERY_SETTINGS, ...QUOTE_DENORMALS };
  const params = { ...common.params, from, step };
  // No FINAL: twice the same series is one.
  const series = await clickhouse.query<SeriesRow>(
    `SELECT ${KEY} AS key, any(ServiceName) AS service, any(MetricName) AS name, any(MetricUnit) AS unit,
       any(mapSort(Attributes)) AS attributes
     FROM ${table} WHERE ${common.sql} AND ${inRange}
     GROUP BY key ORDER BY service, name, mapKeys(attributes), mapValues(attributes), unit LIMIT {limit:UInt32}`,
    { params: { ...params, limit: limit + 1 }, settings },
  );
  if (series.length === 0) return [];
  const shown = `${KEY} IN {keys:Array(UInt64)}`;
  const readFrom = from - Math.max(LOOK_BACK_MS, 2_000 * step);
  const where = `${common.sql} AND TimeUnix >= fromUnixTimestamp64Milli({readFrom:Int64}) AND ${shown}`;
  const select = isNumber ? numbers(type, table, where) : distributions(type, table, where);
  const rows = await clickhouse.query<BucketRow>(
    `${select} WHERE ${inRange} GROUP BY key, start ORDER BY start`,
    { params: { ...params, readFrom, keys: series.map(({ key }) => BigInt(key)) }, settings },
  );
  const byKey = Map.groupBy(rows, ({ key }) => key);
  return series.map(({ key, ...head }) => {
    const buckets = byKey.get(key) ?? [];
    return isNumber
      ? { type, ...head, buckets: (buckets as NumberRow[]).map(numberBucket) }
      : { type, ...head, buckets: (buckets as DistributionRow[]).map(distributionBucket) };
  });
}

function numbers(type: 'gauge' | 'sum', table: string, where: string): string {
  const values = `SELECT ${KEY} AS key, ${START}, count() AS points, avg(Value) AS average, min(Value) AS least,
    max(Value) AS greatest, argMax(Value, TimeUnix) AS newest`;
  if (type === 'gauge')
    return `${values}, 0 AS growth, false AS monotonic FROM (SELECT * FROM ${table} FINAL WHERE ${where})`;
  const growth = growthOf('Value', 'Value - ValueBefore', 'Value', 'AggregationTemporality = 1');
  return `${values}, sum(${growth}) AS growth, min(IsMonotonic) AS monotonic
    FROM ${withBefore(table, ['Value'], where)}`;
}

function distributions(type: MetricType, table: string, where: string): string {
  // Summaries are Prometheus's: cumulative, and always with a sum.
  const isSummary = type === 'summary';
  const delta = isSummary ? 'false' : 'AggregationTemporality = 1';
  const count = growthOf('Count', 'toUInt64(Count - CountBefore)', 'Count', delta);
  const sum = growthOf('Sum', 'Sum - SumBefore', 'Count', delta);
  return `SELECT ${KEY} AS key, ${START}, count() AS points, sum(${count}) AS measured, sum(${sum}) AS total, ${isSummary ? 'true' : 'min(HasSum)'} AS summed
    FROM ${withBefore(table, ['Count', 'Sum'], where)}`;
}

const bucketHead = (row: BucketRow) => ({
  start: isoOf(Number(row.start)),
  startMs: Number(row.start),
  points: Number(row.points),
});

const numberBucket = (row: NumberRow) => ({
  ...bucketHead(row),
  avg: doubleOf(row.average),
  min: row.least,
  max: row.greatest,
  last: row.newest,
  increase: row.monotonic ? doubleOf(row.growth) : null,
});

function distributionBucket(row: DistributionRow) {
  const sum = row.summed ? doubleOf(row.total) : null;
  const count = Number(row.measured);
  const avg = sum === null || count === 0 ? null : typeof sum === 'number' ? sum / count : sum;
  return { ...bucketHead(row), count: int64Of(row.measured), sum, avg };
}
