import { z } from 'zod';
import { type Api, type ApiDeps, FINAL_BY_TRACE } from '../deps.ts';
import { errorBody, notFound } from '../errors.ts';
import { traceId } from '../parameters.ts';
import { insightsOfTrace } from '../trace-json.ts';
import { type InsightRow, toInsight } from '../trace-rows.ts';

interface Row {
  readonly Duration: string;
  readonly Insights: readonly InsightRow[];
}

export function registerInsights(app: Api, { clickhouse, database }: ApiDeps): void {
  app.get(
    '/v1/traces/:id/insights',
    {
      config: { access: 'read' },
      schema: {
        tags: ['traces'],
        summary:
          'Why one trace took its time: straggler, chain, retries, critical path, steps, person, payload, stream',
        description:
          'Computed from this trace alone when it closes. A question that its shape does not raise is left out; ' +
          'where the honest answer is no, it is there with `found: false`.',
        params: z.object({ id: traceId }),
        querystring: z.strictObject({}),
        response: { 200: insightsOfTrace.describe('what the trace reveals'), '4xx': errorBody },
      },
    },
    async ({ params: { id }, principal }) => {
      const params = { tenant: principal.tenant, id };
      const [row] = await clickhouse.query<Row>(
        `SELECT Duration, Insights FROM ${database}.ati_traces FINAL
         WHERE TenantId = {tenant:String} AND TraceId = {id:String} LIMIT 1`,
        { params, settings: FINAL_BY_TRACE },
      );
      if (row !== undefined)
        return {
          traceId: id,
          closed: true,
          durationMs: Number(row.Duration) / 1e6,
          insights: row.Insights.map(toInsight),
        };
      // Whether there is any: no FINAL needed, and the TraceId index leaves most granules out.
      const spans = await clickhouse.query(
        `SELECT SpanId FROM ${database}.otel_traces
         WHERE TenantId = {tenant:String} AND TraceId = {id:String} LIMIT 1`,
        { params, settings: FINAL_BY_TRACE },
      );
      if (spans.length === 0) throw notFound(`no trace ${id}`);
      return { traceId: id, closed: false, durationMs: null, insights: [] };
    },
  );
}
