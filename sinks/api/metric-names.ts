/** Which metrics there are. */
import type { z } from 'zod';
import { Conditions } from './conditions.ts';
import { type ApiDeps, QUERY_SETTINGS } from './deps.ts';
import type { MetricType, metricName } from './metric-json.ts';
import type { TimeRange } from './time-range.ts';
import { isoOfNanos } from './trace-rows.ts';

interface Row {
  readonly type: MetricType;
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly services: readonly string[];
  readonly series: string;
  readonly lastNs: string;
}

export interface NamesQuery extends TimeRange {
  readonly tenant: string;
  readonly service?: string | undefined;
  readonly limit: number;
}

/** In order of name, type and unit; no FINAL: twice the same point changes none of it. */
export async function namesOf(
  { clickhouse, database }: Pick<ApiDeps, 'clickhouse' | 'database'>,
  types: readonly MetricType[],
  { tenant, service, from, to, limit }: NamesQuery,
): Promise<z.output<typeof metricName>[]> {
  const where = new Conditions()
    .add('TenantId = {tenant:String}', { tenant })
    .add('ServiceName = {service:String}', { service })
    .add('TimeUnix >= fromUnixTimestamp64Milli({from:Int64})', { from })
    .add('TimeUnix < fromUnixTimestamp64Milli({to:Int64})', { to });
  const each = types.map(
    (type) => `SELECT '${type}' AS type, toString(MetricName) AS name, MetricUnit AS unit,
        argMax(MetricDescription, TimeUnix) AS description,
        arraySort(groupUniqArray(1000)(toString(ServiceName))) AS services,
        uniq(SeriesId) AS series, toUnixTimestamp64Nano(max(TimeUnix)) AS lastNs
      FROM ${database}.otel_metrics_${type} WHERE ${where.sql} GROUP BY name, unit`,
  );
  const rows = await clickhouse.query<Row>(
    `SELECT * FROM (${each.join(' UNION ALL ')}) ORDER BY name, type, unit LIMIT {limit:UInt32}`,
    { params: { ...where.params, limit }, settings: QUERY_SETTINGS },
  );
  return rows.map(({ type, name, unit, description, services, series, lastNs }) => ({
    name,
    type,
    unit,
    description,
    services: [...services],
    series: Number(series),
    lastSeen: isoOfNanos(lastNs),
  }));
}
