import { z } from 'zod';
import { Conditions } from '../conditions.ts';
import { decodeCursor, pageOf } from '../cursor.ts';
import { type Api, type ApiDeps, FINAL_BY_DAY, FINAL_BY_TRACE } from '../deps.ts';
import { errorBody, notFound } from '../errors.ts';
import { newestFirst } from '../newest-first.ts';
import { kind, name, nextPage, paging, range, traceId, wholeNumber } from '../parameters.ts';
import { traceDetail, traceLine } from '../trace-json.ts';
import {
  LINE_COLUMNS,
  type LineRow,
  type TraceRow,
  toEdge,
  toFinding,
  toInsight,
  toLine,
  toNode,
  toSegment,
  toShare,
} from '../trace-rows.ts';
import { spansOf } from '../trace-spans.ts';

interface ListRow extends LineRow {
  readonly findings: readonly {
    readonly kind: z.output<typeof kind>;
    readonly severity: 'warning' | 'critical';
    readonly root: boolean;
    readonly incidentId: string;
  }[];
}

const listQuery = z.strictObject({
  service: name.optional().describe("the root's"),
  agent: name.optional().describe("the root's"),
  operation: name.optional().describe("the root's"),
  minDurationMs: z.coerce
    .number({ error: 'must be a number' })
    .min(0)
    .max(9e12)
    .optional()
    .describe('only traces that took at least so many milliseconds'),
  findings: z
    .stringbool({ truthy: ['true', '1'], falsy: ['false', '0'] })
    .optional()
    .describe('with any, or with none'),
  kind: kind.optional().describe('with a finding of this kind'),
  ...range,
  ...paging,
});

export function registerTraces(app: Api, deps: ApiDeps): void {
  const { clickhouse, database, now } = deps;
  app.get(
    '/v1/traces',
    {
      config: { access: 'read' },
      schema: {
        tags: ['traces'],
        summary: 'Closed traces, the newest first; `from` and `to` bound their start',
        querystring: listQuery,
        response: {
          200: z.object({ traces: z.array(traceLine), next: nextPage }).describe('a page of traces'),
          '4xx': errorBody,
        },
      },
    },
    async ({ query, principal }) => {
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
      const { minDurationMs } = query;
      const where = new Conditions()
        .add('TenantId = {tenant:String}', { tenant: principal.tenant })
        .add('RootService = {service:String}', { service: query.service })
        .add('RootAgent = {agent:String}', { agent: query.agent })
        .add('RootOperation = {operation:String}', { operation: query.operation })
        .add('Duration >= {minDuration:UInt64}', {
          minDuration:
            minDurationMs === undefined ? undefined : String(BigInt(Math.round(minDurationMs * 1e3)) * 1000n),
        })
        .add('notEmpty(Findings.Kind) = {findings:Bool}', { findings: query.findings })
        .add('has(Findings.Kind, {kind:String})', { kind: query.kind })
        .add('Start < fromUnixTimestamp64Milli({to:Int64})', { to: query.to })
        .add(
          `Start <= fromUnixTimestamp64Nano({afterTime:Int64})
           AND (toUnixTimestamp64Nano(Start), TraceId) < ({afterTime:Int64}, {afterId:String})`,
          { afterTime: after?.time, afterId: after?.id },
        );
      const ends = [now(), query.to ?? Infinity, after === undefined ? Infinity : Number(after.time) / 1e6];
      const list = { end: Math.floor(Math.min(...ends)), from: query.from };
      const wanted = query.limit + 1;
      const ask = (since: number | undefined) =>
        clickhouse.query<ListRow>(
          `SELECT ${LINE_COLUMNS}, arrayMap((kind, severity, root, incidentId) ->
             CAST((kind, severity, root, incidentId), 'Tuple(kind String, severity String, root Bool, incidentId String)'),
             Findings.Kind, Findings.Severity, Findings.Root, Findings.IncidentId) AS findings
         FROM ${database}.ati_traces FINAL WHERE ${where.sql}${since === undefined ? '' : ' AND Start >= fromUnixTimestamp64Milli({since:Int64})'}
         ORDER BY Start DESC, TraceId DESC LIMIT {wanted:UInt32}`,
          { params: { ...where.params, since, wanted }, settings: FINAL_BY_DAY },
        );
      const rows = await newestFirst(list, wanted, ask);
      const { page, next } = pageOf(rows, query.limit, (row) => ({ time: row.startNs, id: row.TraceId }));
      return { traces: page.map((row) => ({ ...toLine(row), findings: [...row.findings] })), next };
    },
  );

  app.get(
    '/v1/traces/:id',
    {
      config: { access: 'read' },
      schema: {
        tags: ['traces'],
        summary: 'One trace: summary, graph, critical path, who owns it, findings, insights and spans',
        params: z.object({ id: traceId }),
        querystring: z.strictObject({
          spans: wholeNumber(0, 20_000)
            .default(5_000)
            .describe('at most so many spans, in order of start; 0 for none'),
        }),
        response: { 200: traceDetail.describe('the trace'), '4xx': errorBody },
      },
    },
    async ({ params, query, principal }) => {
      const [row] = await clickhouse.query<TraceRow>(
        `SELECT ${LINE_COLUMNS}, Path, Shares, Nodes, Edges, Findings, ExplainedBy, Insights FROM ${database}.ati_traces FINAL
         WHERE TenantId = {tenant:String} AND TraceId = {id:String} LIMIT 1`,
        { params: { tenant: principal.tenant, id: params.id }, settings: FINAL_BY_TRACE },
      );
      const known = row && {
        startNs: row.startNs,
        endNs: String(BigInt(row.startNs) + BigInt(row.Duration)),
        spanCount: row.SpanCount,
      };
      const { spans, resources, truncated } = await spansOf(
        deps,
        principal.tenant,
        params.id,
        query.spans,
        known,
      );
      if (row === undefined && spans.length === 0 && !truncated) throw notFound(`no trace ${params.id}`);
      return {
        traceId: params.id,
        closed: row !== undefined,
        summary: row === undefined ? null : toLine(row),
        nodes: row?.Nodes.map(toNode) ?? [],
        edges: row?.Edges.map(toEdge) ?? [],
        criticalPath: row?.Path.map(toSegment) ?? [],
        shares: row?.Shares.map(toShare) ?? [],
        findings: row?.Findings.map((finding, i) => toFinding(finding, row.ExplainedBy[i] ?? '')) ?? [],
        insights: row?.Insights.map(toInsight) ?? [],
        resources,
        spans,
        truncated,
      };
    },
  );
}
