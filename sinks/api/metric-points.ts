/** Data points of one kind of metric, newest first. */
import { Conditions } from './conditions.ts';
import type { Position } from './cursor.ts';
import { type ApiDeps, QUERY_SETTINGS } from './deps.ts';
import type { MetricPoint, MetricType } from './metric-json.ts';
import { HEAD_COLUMNS, hex64, KINDS, type Row } from './metric-rows.ts';
import { QUOTE_DENORMALS } from './telemetry-json.ts';
import type { TimeRange } from './time-range.ts';

/** A data point with its place in the order of the list. */
export interface PlacedPoint {
  readonly point: MetricPoint;
  /** Time in ns; series and start, 16 hex digits each. */
  readonly position: Position;
}

export interface PointsQuery extends TimeRange {
  readonly tenant: string;
  readonly service?: string | undefined;
  readonly name?: string | undefined;
  readonly after?: Position | undefined;
  readonly limit: number;
}

/** The newest `limit` points of `type` behind `after`. */
export async function pointsOf(
  { clickhouse, database }: Pick<ApiDeps, 'clickhouse' | 'database'>,
  type: MetricType,
  { tenant, service, name, from, to, after, limit }: PointsQuery,
): Promise<PlacedPoint[]> {
  const where = new Conditions()
    .add('TenantId = {tenant:String}', { tenant })
    .add('ServiceName = {service:String}', { service })
    .add('MetricName = {name:String}', { name })
    .add('TimeUnix >= fromUnixTimestamp64Milli({from:Int64})', { from })
    .add('TimeUnix < fromUnixTimestamp64Milli({to:Int64})', { to })
    .add(
      `TimeUnix <= fromUnixTimestamp64Nano({afterTime:Int64}) AND (toUnixTimestamp64Nano(TimeUnix), SeriesId,
        toUnixTimestamp64Nano(StartTimeUnix)) < ({afterTime:Int64}, {afterSeries:UInt64}, {afterStart:Int64})`,
      {
        afterTime: after?.time,
        afterSeries: after && String(BigInt(`0x${after.id.slice(0, 16)}`)),
        afterStart: after && String(BigInt.asIntN(64, BigInt(`0x${after.id.slice(16)}`))),
      },
    );
  const kind = KINDS[type];
  const rows = await clickhouse.query<Row>(
    `SELECT ${HEAD_COLUMNS}, ${kind.columns} FROM ${database}.otel_metrics_${type} FINAL WHERE ${where.sql}
     ORDER BY TimeUnix DESC, SeriesId DESC, StartTimeUnix DESC LIMIT {limit:UInt32}`,
    { params: { ...where.params, limit }, settings: { ...QUERY_SETTINGS, ...QUOTE_DENORMALS } },
  );
  return rows.map((row) => ({
    // Each kind reads the columns that it has asked for.
    point: kind.toPoint(row as never),
    position: { time: row.timeNs, id: hex64(row.SeriesId) + hex64(row.startNs) },
  }));
}

/** Newest first, as the rows of one kind come. */
export function comparePlaced({ position: a }: PlacedPoint, { position: b }: PlacedPoint): number {
  const [timeA, timeB] = [BigInt(a.time), BigInt(b.time)];
  if (timeA !== timeB) return timeA > timeB ? -1 : 1;
  const [seriesA, seriesB] = [a.id.slice(0, 16), b.id.slice(0, 16)];
  if (seriesA !== seriesB) return seriesA > seriesB ? -1 : 1;
  const start = (id: string) => BigInt.asIntN(64, BigInt(`0x${id.slice(16)}`));
  return start(a.id) > start(b.id) ? -1 : 1;
}
