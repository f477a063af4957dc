import { z } from 'zod';
import { SLOT_SECONDS } from '../../roll-up/slots.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { badRequest, errorBody } from '../errors.ts';
import { isoOf } from '../incident-json.ts';
import { type BucketRow, type MeasureRow, operationRows } from '../operations-rows.ts';
import { name, range, wholeNumber } from '../parameters.ts';
import { boundedTimeRange, type TimeRange } from '../time-range.ts';

const DEFAULT_BUCKETS = 60;
const MAX_BUCKETS = 1_000;

const measures = {
  count: z.number().int(),
  errors: z.number().int(),
  errorRate: z.number().describe('0 to 1'),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
};

function toMeasures(row: MeasureRow) {
  const [p50Ms, p95Ms, p99Ms] = row.quantiles.map((ns) => ns / 1e6);
  const count = Number(row.spans);
  const errors = Number(row.failed);
  return { count, errors, errorRate: errors / count, p50Ms, p95Ms, p99Ms };
}

/** Seconds: a sixtieth of the range, and whole slots of what is rolled up where that is of their size. */
function defaultStep({ from, to }: TimeRange): number {
  const sixtieth = Math.max(1, Math.ceil((to - from) / 1000 / DEFAULT_BUCKETS));
  return sixtieth < SLOT_SECONDS ? sixtieth : Math.ceil(sixtieth / SLOT_SECONDS) * SLOT_SECONDS;
}

export function registerOperations(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/operations',
    {
      config: { access: 'read' },
      schema: {
        tags: ['operations'],
        summary: 'Count, error rate and latency of every operation over time, the most called first',
        description:
          'The last hour unless `from` and `to` say otherwise; at most 31 days. Counts are exact. Latencies of buckets of ' +
          'whole twelve minutes (720 s, the default for 12 hours and more) are within 1 % of the value, and quick.',
        querystring: z.strictObject({
          service: name.optional().describe('only of this service'),
          operation: name.optional().describe('only spans of this name'),
          ...range,
          stepSeconds: wholeNumber(1, 86_400)
            .optional()
            .describe(
              'width of a bucket; a sixtieth of the range unless given, from 12 hours on whole twelve minutes',
            ),
          limit: wholeNumber(1, 500)
            .default(100)
            .describe('at most so many operations, the most called first'),
        }),
        response: {
          200: z
            .object({
              from: z.string(),
              to: z.string(),
              stepSeconds: z.number().int(),
              operations: z.array(
                z.object({
                  service: z.string(),
                  operation: z.string(),
                  ...measures,
                  buckets: z.array(z.object({ start: z.string(), startMs: z.number().int(), ...measures })),
                }),
              ),
            })
            .describe('latencies in milliseconds'),
          '4xx': errorBody,
        },
      },
    },
    async ({ query, principal }) => {
      const timeRange = boundedTimeRange(query, deps.now);
      const { from, to } = timeRange;
      const step = query.stepSeconds ?? defaultStep(timeRange);
      if ((to - from) / 1000 / step > MAX_BUCKETS) {
        throw badRequest(`stepSeconds: more than ${MAX_BUCKETS} buckets`);
      }
      const { service, operation, limit } = query;
      const { tenant } = principal;
      const rows = await operationRows(deps, { tenant, range: timeRange, step, service, operation, limit });
      const key = ({ service, operation }: BucketRow) => JSON.stringify([service, operation]);
      return {
        from: isoOf(from),
        to: isoOf(to),
        stepSeconds: step,
        operations: [...Map.groupBy(rows, key).values()].map((buckets) => {
          const [{ service, operation, allSpans, allFailed, allQuantiles }] = buckets;
          return {
            service,
            operation,
            ...toMeasures({ spans: allSpans, failed: allFailed, quantiles: allQuantiles }),
            buckets: buckets.map((bucket) => ({
              start: isoOf(Number(bucket.start)),
              startMs: Number(bucket.start),
              ...toMeasures(bucket),
            })),
          };
        }),
      };
    },
  );
}
