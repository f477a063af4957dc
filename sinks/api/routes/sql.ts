import { z } from 'zod';
import { ClickHouseError } from '#infra/clickhouse/port.ts';
import { MAX_SQL_LENGTH } from '#infra/clickhouse/sql-guard.ts';
import { DEFAULT_LIMITS, runUserSql } from '#infra/clickhouse/user-sql.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { ApiError, errorBody, LIMIT_CODES } from '../errors.ts';

const FORMATS = {
  JSON: 'JSON',
  JSONEachRow: 'JSONEachRow',
  JSONCompact: 'JSONCompact',
  CSV: 'CSVWithNames',
  TSV: 'TabSeparatedWithNames',
} as const;

/** What "Try it out" of /docs sends. */
const EXAMPLE = {
  query: 'SELECT SpanName, count() AS spans FROM otel_traces FINAL GROUP BY SpanName',
  format: 'JSON',
};

/** At once; more would wait for each other in the engine. */
const MAX_RUNNING = 4;

const { seconds, resultRows, resultBytes, memoryBytes } = DEFAULT_LIMITS;
const count = (n: number) => n.toLocaleString('en');
const mib = (bytes: number) => `${count(bytes / (1 << 20))} MiB`;
const LIMITS =
  `At most ${count(MAX_SQL_LENGTH)} characters, ${seconds} seconds, ${mib(memoryBytes)} of memory; ` +
  `a result of at most ${count(resultRows)} rows and ${mib(resultBytes)}.`;

export function registerSql(app: Api, { clickhouse, database }: ApiDeps): void {
  let running = 0;
  app.post(
    '/v1/sql',
    {
      config: { access: 'read' },
      bodyLimit: 128 << 10,
      schema: {
        tags: ['sql'],
        summary: 'One read-only statement of ClickHouse SQL over the tables of this installation',
        description: `Say FINAL where you count: \`SELECT count() FROM otel_traces FINAL\`. ${LIMITS}`,
        body: z
          .object({
            query: z.string().min(1).max(MAX_SQL_LENGTH),
            format: z
              .enum(Object.keys(FORMATS) as [keyof typeof FORMATS, ...(keyof typeof FORMATS)[]])
              .default('JSON'),
          })
          .meta({ examples: [EXAMPLE] }),
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
