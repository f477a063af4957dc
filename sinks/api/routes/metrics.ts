import { z } from 'zod';
import { decodeCursor, pageOf } from '../cursor.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { badRequest, errorBody } from '../errors.ts';
import { isoOf } from '../incident-json.ts';
import { METRIC_TYPES, metricName, metricPoint, metricSeries } from '../metric-json.ts';
import { namesOf } from '../metric-names.ts';
import { comparePlaced, pointsOf } from '../metric-points.ts';
import { seriesOf } from '../metric-series.ts';
import { name, nextPage, paging, range, wholeNumber } from '../parameters.ts';
import { boundedTimeRange, type TimeRange, timeRange } from '../time-range.ts';

const MAX_BUCKETS = 1_000;

const type = z.enum(METRIC_TYPES).optional().describe('only metrics of this type');
const service = name.optional().describe('only of this service');

const listQuery = z.strictObject({
  service,
  name: name.optional().describe('only this metric'),
  type,
  ...range,
  step: wholeNumber(1, 86_400)
    .optional()
    .describe('seconds: answer with series in buckets of this width instead of points'),
  ...paging,
});

const bounds = { from: z.string(), to: z.string() };
const pointsAnswer = z.object({ ...bounds, points: z.array(metricPoint), next: nextPage });
const seriesAnswer = z.object({
  ...bounds,
  step: z.number().int().describe('seconds'),
  series: z.array(metricSeries),
  truncated: z.boolean().describe('there are more series than `limit`'),
});

const isoRange = ({ from, to }: TimeRange) => ({ from: isoOf(from), to: isoOf(to) });

export function registerMetrics(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/metrics',
    {
      config: { access: 'read' },
      schema: {
        tags: ['metrics'],
        summary: 'Data points of metrics, the newest first; with `step` in buckets of time',
        description:
          'The last hour unless `from` and `to` say otherwise (give `from` to page through a fixed hour). With `step`: ' +
          'series by type, service, name and attributes, in this order, `limit` of them, at most 31 days; of gauges and ' +
          'sums avg, min, max and last of the finite values, of histograms and summaries count, sum and avg of what was ' +
          'measured within each bucket. 64-bit integers are numbers where that is exact, else their digits.',
        querystring: listQuery,
        response: {
          200: z.union([pointsAnswer, seriesAnswer]).describe('points; with `step` series'),
          '4xx': errorBody,
        },
      },
    },
    async ({ query, principal: { tenant } }) => {
      const types = query.type === undefined ? METRIC_TYPES : [query.type];
      const { service, name, limit, step } = query;
      if (step === undefined) {
        const bounds = timeRange(query, deps.now);
        const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
        const wanted = { tenant, service, name, ...bounds, after, limit: limit + 1 };
        const found = await Promise.all(types.map((type) => pointsOf(deps, type, wanted)));
        const placed = found.flat().sort(comparePlaced);
        const { page, next } = pageOf(placed, limit, ({ position }) => position);
        return { ...isoRange(bounds), points: page.map(({ point }) => point), next };
      }
      if (query.cursor !== undefined) throw badRequest('cursor: not with step');
      const bounds = boundedTimeRange(query, deps.now);
      if ((bounds.to - bounds.from) / 1000 / step > MAX_BUCKETS) {
        throw badRequest(`step: more than ${MAX_BUCKETS} buckets`);
      }
      const wanted = { tenant, service, name, ...bounds, step, limit };
      const series = (await Promise.all(types.map((type) => seriesOf(deps, type, wanted)))).flat();
      const truncated = series.length > limit;
      return { ...isoRange(bounds), step, series: series.slice(0, limit), truncated };
    },
  );

  app.get(
    '/v1/metrics/names',
    {
      config: { access: 'read' },
      schema: {
        tags: ['metrics'],
        summary: 'Which metrics there are: type, unit, services, when last seen',
        description: 'In the last hour unless `from` and `to` say otherwise; at most 31 days.',
        querystring: z.strictObject({
          service,
          type,
          ...range,
          limit: wholeNumber(1, 5_000).default(1_000).describe('at most so many, in order of name'),
        }),
        response: {
          200: z
            .object({
              ...bounds,
              metrics: z.array(metricName),
              truncated: z.boolean().describe('there are more than `limit`'),
            })
            .describe('metrics in order of name'),
          '4xx': errorBody,
        },
      },
    },
    async ({ query, principal: { tenant } }) => {
      const bounds = boundedTimeRange(query, deps.now);
      const types = query.type === undefined ? METRIC_TYPES : [query.type];
      const found = await namesOf(deps, types, {
        tenant,
        service: query.service,
        ...bounds,
        limit: query.limit + 1,
      });
      const truncated = found.length > query.limit;
      return { ...isoRange(bounds), metrics: found.slice(0, query.limit), truncated };
    },
  );
}
