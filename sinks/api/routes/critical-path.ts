/** Which operation owns how much of the critical path, over many traces. */
import { z } from 'zod';
import { Conditions } from '../conditions.ts';
import { criticalPathJson } from '../critical-path-json.ts';
import { type Api, type ApiDeps, FINAL_BY_DAY } from '../deps.ts';
import { errorBody } from '../errors.ts';
import { isoOf } from '../incident-json.ts';
import { name, range, wholeNumber } from '../parameters.ts';
import { boundedTimeRange } from '../time-range.ts';

interface TotalRow {
  /** 64-bit integers come as strings. */
  readonly traces: string;
  readonly withoutPath: string;
  readonly quantiles: readonly number[];
}

interface ShareRow {
  readonly type: string;
  readonly role: string;
  readonly service: string;
  readonly agent: string;
  readonly operation: string;
  readonly callerService: string;
  readonly callerOperation: string;
  readonly instance: string;
  readonly traces: string;
  readonly spanCount: string;
  readonly errorCount: string;
  readonly pathNs: string;
  readonly dragNs: string;
  readonly quantiles: readonly number[];
  /** Of all shares, the ones beyond the limit too. */
  readonly allShares: string;
  readonly allSpans: string;
  readonly allErrors: string;
  readonly allNs: string;
}

const OWNER = 'type, role, service, agent, operation, callerService, callerOperation';
const ms = (ns: string | number) => Number(ns) / 1e6;

export function registerCriticalPath(app: Api, { clickhouse, database, now }: ApiDeps): void {
  app.get(
    '/v1/critical-path',
    {
      config: { access: 'read' },
      schema: {
        tags: ['traces'],
        summary: 'The critical path of many traces: which operation owns how much of it, and what that costs',
        description:
          'Of closed traces with a root that started in the range: the last hour unless `from` and `to` say ' +
          'otherwise; at most 31 days. One row for each operation, way between two (edge) and wait for a person.',
        querystring: z.strictObject({
          service: name.optional().describe("the root's"),
          agent: name.optional().describe("the root's"),
          operation: name.optional().describe("the root's"),
          instance: name.optional().describe('only traces whose path runs over this instance'),
          by: z
            .enum(['operation', 'instance'])
            .default('operation')
            .describe('instance: a row for each instance of an operation'),
          ...range,
          limit: wholeNumber(1, 500).default(50).describe('at most so many rows; the others are one, `rest`'),
        }),
        response: { 200: criticalPathJson.describe('times in milliseconds'), '4xx': errorBody },
      },
    },
    async ({ query, principal }) => {
      const { from, to } = boundedTimeRange(query, now);
      const where = new Conditions()
        .add('TenantId = {tenant:String}', { tenant: principal.tenant })
        .add('NOT Partial')
        .add('Start >= fromUnixTimestamp64Milli({from:Int64})', { from })
        .add('Start < fromUnixTimestamp64Milli({to:Int64})', { to })
        .add('RootService = {service:String}', { service: query.service })
        .add('RootAgent = {agent:String}', { agent: query.agent })
        .add('RootOperation = {operation:String}', { operation: query.operation })
        .add('has(Shares.Instance, {instance:String})', { instance: query.instance });
      const totals = clickhouse.query<TotalRow>(
        `SELECT countIf(notEmpty(Shares.PathNs)) AS traces, countIf(empty(Shares.PathNs)) AS withoutPath,
           quantilesIf(0.5, 0.95)(arraySum(Shares.PathNs), notEmpty(Shares.PathNs)) AS quantiles
         FROM ${database}.ati_traces FINAL WHERE ${where.sql}`,
        { params: where.params, settings: FINAL_BY_DAY },
      );
      const shares = clickhouse.query<ShareRow>(
        `SELECT *, count() OVER () AS allShares, sum(spanCount) OVER () AS allSpans,
           sum(errorCount) OVER () AS allErrors, sum(pathNs) OVER () AS allNs
         FROM (
           SELECT ${OWNER}, instance, count() AS traces, sum(spansOf) AS spanCount, sum(errorsOf) AS errorCount,
             sum(pathOf) AS pathNs, sum(dragOf) AS dragNs, quantiles(0.5, 0.95)(pathOf) AS quantiles
           FROM (
             SELECT TraceId, s.Type AS type, s.Role AS role, s.Service AS service, s.Agent AS agent,
               s.Operation AS operation, s.CallerService AS callerService, s.CallerOperation AS callerOperation,
               ${query.by === 'instance' ? 's.Instance' : "''"} AS instance, sum(s.Spans) AS spansOf,
               sum(s.Errors) AS errorsOf, sum(s.PathNs) AS pathOf, sum(s.DragNs) AS dragOf
             FROM ${database}.ati_traces FINAL ARRAY JOIN Shares AS s WHERE ${where.sql}
             GROUP BY TraceId, ${OWNER}, instance
           )
           GROUP BY ${OWNER}, instance
         )
         ORDER BY pathNs DESC, ${OWNER}, instance LIMIT {limit:UInt32}`,
        { params: { ...where.params, limit: query.limit }, settings: FINAL_BY_DAY },
      );
      const [[total], rows] = await Promise.all([totals, shares]);
      return { from: isoOf(from), to: isoOf(to), ...answer(total, rows) };
    },
  );
}

function answer(total: TotalRow, rows: readonly ShareRow[]) {
  const traces = Number(total.traces);
  const allNs = Number(rows[0]?.allNs ?? 0);
  const perTrace = (ns: number) => (traces === 0 ? 0 : ns / 1e6 / traces);
  const shareOf = (ns: number) => (allNs === 0 ? 0 : ns / allNs);
  const shares = rows.map((row) => ({
    type: row.type,
    role: row.role,
    service: row.service,
    agent: row.agent,
    operation: row.operation,
    callerService: row.callerService,
    callerOperation: row.callerOperation,
    instance: row.instance,
    traces: Number(row.traces),
    spans: Number(row.spanCount),
    errors: Number(row.errorCount),
    totalMs: ms(row.pathNs),
    meanMs: perTrace(Number(row.pathNs)),
    share: shareOf(Number(row.pathNs)),
    p50Ms: ms(row.quantiles[0]),
    p95Ms: ms(row.quantiles[1]),
    dragMs: ms(row.dragNs),
    savingMs: perTrace(Number(row.dragNs)),
  }));
  const [p50Ms, p95Ms] = traces === 0 ? [0, 0] : total.quantiles.map(ms);
  return {
    traces,
    withoutPath: Number(total.withoutPath),
    totalMs: ms(allNs),
    meanMs: perTrace(allNs),
    p50Ms,
    p95Ms,
    shares,
    rest: restOf(rows, perTrace, shareOf),
  };
}

function restOf(
  rows: readonly ShareRow[],
  perTrace: (ns: number) => number,
  shareOf: (ns: number) => number,
) {
  const left = Number(rows[0]?.allShares ?? 0) - rows.length;
  if (left === 0) return null;
  const without = (all: string, key: 'pathNs' | 'spanCount' | 'errorCount') =>
    rows.reduce((sum, row) => sum - Number(row[key]), Number(all));
  const ns = without(rows[0].allNs, 'pathNs');
  return {
    shares: left,
    spans: without(rows[0].allSpans, 'spanCount'),
    errors: without(rows[0].allErrors, 'errorCount'),
    totalMs: ms(ns),
    meanMs: perTrace(ns),
    share: shareOf(ns),
  };
}
