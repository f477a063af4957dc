import { z } from 'zod';
import { Conditions } from '../conditions.ts';
import { type Api, type ApiDeps, FINAL_BY_DAY } from '../deps.ts';
import { badRequest, errorBody } from '../errors.ts';
import { isoOf } from '../incident-json.ts';
import { name, range, wholeNumber } from '../parameters.ts';
import { boundedTimeRange } from '../time-range.ts';

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

interface MeasureRow {
  /** 64-bit integers come as strings. */
  readonly spans: string;
  readonly failed: string;
  readonly quantiles: readonly number[];
}

interface BucketRow extends MeasureRow {
  readonly service: string;
  readonly operation: string;
  readonly start: string;
  /** Of the operation in the whole range. */
  readonly allSpans: string;
  readonly allFailed: string;
  readonly allQuantiles: readonly number[];
}

function toMeasures(row: MeasureRow) {
  const [p50Ms, p95Ms, p99Ms] = row.quantiles.map((ns) => ns / 1e6);
  const count = Number(row.spans);
  const errors = Number(row.failed);
  return { count, errors, errorRate: errors / count, p50Ms, p95Ms, p99Ms };
}

/**
 * Rows of the most called operations' buckets, the most called first. The spans are read once: FINAL reads the whole
 * key of each beside what is measured, and that is most of the cost. What holds for the range is merged from the buckets.
 */
const bucketsSql = (database: string, where: string) => `
  SELECT service, operation, start, spans, failed, finalizeAggregation(state) AS quantiles, allSpans, allFailed, allQuantiles
  FROM (
    SELECT *, dense_rank() OVER (ORDER BY allSpans DESC, service, operation) AS place
    FROM (
      SELECT *, sum(spans) OVER whole AS allSpans, sum(failed) OVER whole AS allFailed,
        quantilesMerge(0.5, 0.95, 0.99)(state) OVER whole AS allQuantiles
      FROM (
        SELECT ServiceName AS service, SpanName AS operation,
          intDiv(toUnixTimestamp64Milli(toDateTime64(Timestamp, 3)), {step:UInt32} * 1000) * {step:UInt32} * 1000 AS start,
          count() AS spans, countIf(StatusCode = 'Error') AS failed,
          quantilesState(0.5, 0.95, 0.99)(Duration) AS state
        FROM ${database}.otel_traces FINAL WHERE ${where}
        GROUP BY service, operation, start
      )
      WINDOW whole AS (PARTITION BY service, operation)
    )
  )
  WHERE place <= {limit:UInt32} ORDER BY place, start`;

export function registerOperations(app: Api, { clickhouse, database, now }: ApiDeps): void {
  app.get(
    '/v1/operations',
    {
      config: { access: 'read' },
      schema: {
        tags: ['operations'],
        summary: 'Count, error rate and latency of every operation over time, the most called first',
        description: 'The last hour unless `from` and `to` say otherwise; at most 31 days.',
        querystring: z.strictObject({
          service: name.optional().describe('only of this service'),
          operation: name.optional().describe('only spans of this name'),
          ...range,
          stepSeconds: wholeNumber(1, 86_400)
            .optional()
            .describe('width of a bucket; a sixtieth of the range unless given'),
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
      const { from, to } = boundedTimeRange(query, now);
      const step = query.stepSeconds ?? Math.max(1, Math.ceil((to - from) / 1000 / DEFAULT_BUCKETS));
      if ((to - from) / 1000 / step > MAX_BUCKETS) {
        throw badRequest(`stepSeconds: more than ${MAX_BUCKETS} buckets`);
      }
      const where = new Conditions()
        .add('TenantId = {tenant:String}', { tenant: principal.tenant })
        .add('Timestamp >= fromUnixTimestamp64Milli({from:Int64})', { from })
        .add('Timestamp < fromUnixTimestamp64Milli({to:Int64})', { to })
        .add('ServiceName = {service:String}', { service: query.service })
        .add('SpanName = {operation:String}', { operation: query.operation });
      const params = { ...where.params, limit: query.limit, step };
      const rows = await clickhouse.query<BucketRow>(bucketsSql(database, where.sql), {
        params,
        settings: FINAL_BY_DAY,
      });
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
