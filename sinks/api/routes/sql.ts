import { z } from 'zod';
import { ClickHouseError } from '#infra/clickhouse/port.ts';
import { runUserSql } from '#infra/clickhouse/user-sql.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { ApiError, errorBody, LIMIT_CODES } from '../errors.ts';

const FORMATS = {
  JSON: 'JSON',
  JSONEachRow: 'JSONEachRow',
  JSONCompact: 'JSONCompact',
  CSV: 'CSVWithNames',
  TSV: 'TabSeparatedWithNames',
} as const;

/** At once; more would wait for each other in the engine. */
const MAX_RUNNING = 4;

export function registerSql(app: Api, { clickhouse, database }: ApiDeps): void {
  let running = 0;
  app.post(
    '/v1/sql',
    {
      bodyLimit: 128 << 10,
      schema: {
        tags: ['sql'],
        summary: 'One read-only statement of ClickHouse SQL over the tables of this installation',
        description:
          'Say FINAL where you count: `SELECT count() FROM otel_traces FINAL`. 15 seconds, 100,000 rows, 512 MB.',
        body: z.object({
          query: z.string().min(1).max(100_000),
          format: z
            .enum(Object.keys(FORMATS) as [keyof typeof FORMATS, ...(keyof typeof FORMATS)[]])
            .default('JSON'),
        }),
        response: {
          200: z.unknown().describe('the answer in the format asked for'),
          '4xx': errorBody,
          '5xx': errorBody,
        },
      },
    },
    async ({ body }, reply) => {
      if (running >= MAX_RUNNING) {
        reply.header('retry-after', 1);
        throw new ApiError(429, 'busy', `${MAX_RUNNING} statements are running already`);
      }
      const abort = new AbortController();
      // After the answer this changes nothing.
      reply.raw.once('close', () => abort.abort());
      running++;
      try {
        const format = FORMATS[body.format];
        const result = await runUserSql(clickhouse, {
          sql: body.query,
          database,
          format,
          signal: abort.signal,
        });
        if (!result.ok) throw new ApiError(400, 'refused', result.reason);
        return reply.type(result.contentType).send(result.body);
      } catch (error) {
        throw explained(error);
      } finally {
        running--;
      }
    },
  );
}

/** What the engine says about the user's own SQL is for the user; everything else is handled as everywhere. */
function explained(error: unknown): unknown {
  if (!(error instanceof ClickHouseError)) return error;
  if (LIMIT_CODES.has(error.code)) return new ApiError(400, 'too_expensive', error.message);
  return error.retriable ? error : new ApiError(400, 'query_failed', error.message);
}
