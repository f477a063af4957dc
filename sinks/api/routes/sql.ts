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
/** So that one tenant leaves room for others. */
const MAX_OF_TENANT = 3;

const { seconds, resultRows, resultBytes, memoryBytes } = DEFAULT_LIMITS;
const count = (n: number) => n.toLocaleString('en');
const mib = (bytes: number) => `${count(bytes / (1 << 20))} MiB`;
const LIMITS =
  `At most ${count(MAX_SQL_LENGTH)} characters, ${seconds} seconds, ${mib(memoryBytes)} of memory; ` +
  `a result of at most ${count(resultRows)} rows and ${mib(resultBytes)}.`;

export function registerSql(app: Api, { access, clickhouse, database }: ApiDeps): void {
  const running = new Map<string, number>();
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
    async ({ body, principal: { tenant } }, reply) => {
      const own = running.get(tenant) ?? 0;
      const all = running.values().reduce((sum, each) => sum + each, 0);
      if (own >= (access.required ? MAX_OF_TENANT : MAX_RUNNING) || all >= MAX_RUNNING)
        throw new ApiError(429, 'busy', `${all} statements are running already`, 1);
      const abort = new AbortController();
      // After the answer this changes nothing.
      reply.raw.once('close', () => abort.abort());
      running.set(tenant, own + 1);
      try {
        const format = FORMATS[body.format];
        const result = await runUserSql(clickhouse, {
          sql: body.query,
          database,
          // Without tokens there is one tenant, and all of the database is its own.
          tenant: access.required ? tenant : undefined,
          format,
          signal: abort.signal,
        });
        if (!result.ok) throw new ApiError(400, 'refused', result.reason);
        return reply.type(result.contentType).send(result.body);
      } catch (error) {
        throw explained(error);
      } finally {
        const left = (running.get(tenant) ?? 1) - 1;
        if (left > 0) running.set(tenant, left);
        else running.delete(tenant);
      }
    },
  );
}

const ACCESS_DENIED = 497;

/** What the engine says about the user's own SQL is for the user; everything else is handled as everywhere. */
function explained(error: unknown): unknown {
  if (!(error instanceof ClickHouseError)) return error;
  // User SQL that passes the guard needs no grant but SELECT.
  if (error.code === ACCESS_DENIED)
    return new ApiError(503, 'unavailable', `ATI's ClickHouse user lacks a grant: ${error.message}`, 60);
  if (LIMIT_CODES.has(error.code)) return new ApiError(400, 'too_expensive', error.message);
  return error.retriable ? error : new ApiError(400, 'query_failed', error.message);
}
