/** Every error of the API as `{ error: { code, message } }`, without anything of our insides. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ClickHouseError } from '#infra/clickhouse/port.ts';

export const errorBody = z
  .object({
    error: z.object({ code: z.string(), message: z.string() }),
  })
  .describe('refused or failed, and why');

/** An answer other than 200, decided by a route. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Stable, snake_case. */
  readonly code: string;
  /** Seconds. */
  readonly retryAfter: number | undefined;

  constructor(status: number, code: string, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export const notFound = (message: string) => new ApiError(404, 'not_found', message);
export const badRequest = (message: string) => new ApiError(400, 'bad_request', message);

const RETRY_AFTER_S = 5;
/** UNKNOWN_TABLE, UNKNOWN_DATABASE; UNKNOWN_IDENTIFIER: a column that a migration adds. */
const NOT_MIGRATED: ReadonlySet<number> = new Set([60, 81, 47]);
/** TIMEOUT_EXCEEDED, TOO_SLOW, MEMORY_LIMIT_EXCEEDED, TOO_MANY_ROWS, TOO_MANY_BYTES, TOO_MANY_ROWS_OR_BYTES. */
export const LIMIT_CODES: ReadonlySet<number> = new Set([159, 160, 241, 158, 307, 396]);

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfter?: number | undefined;
}

function ofClickHouse(error: ClickHouseError): Answer | undefined {
  if (LIMIT_CODES.has(error.code)) {
    return { status: 400, code: 'too_expensive', message: 'the query met its limits: narrow its time range' };
  }
  if (NOT_MIGRATED.has(error.code)) {
    const message = 'the database is not prepared yet: the sink applies the migrations when it starts';
    return { status: 503, code: 'unavailable', message, retryAfter: RETRY_AFTER_S };
  }
  if (!error.retriable) return undefined;
  return {
    status: 503,
    code: 'unavailable',
    message: 'ClickHouse does not answer',
    retryAfter: RETRY_AFTER_S,
  };
}

/** Which parameter is wrong, and why. */
function ofValidation(error: unknown): Answer | undefined {
  if (!hasZodFastifySchemaValidationErrors(error)) return undefined;
  const lines = error.validation.map(({ instancePath, message }) => {
    const parameter = instancePath.replace(/^\//, '').replaceAll('/', '.');
    return parameter === '' ? `${message}` : `${parameter}: ${message}`;
  });
  return { status: 400, code: 'bad_request', message: lines.join('; ') };
}

function answerTo(error: unknown): Answer | undefined {
  if (error instanceof ApiError) return error;
  if (error instanceof ClickHouseError) return ofClickHouse(error);
  const invalid = ofValidation(error);
  if (invalid !== undefined) return invalid;
  // Fastify's own: a body that is no JSON, too large, of another type.
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === undefined || statusCode >= 500) return undefined;
  return { status: statusCode, code: 'bad_request', message: message ?? 'bad request' };
}

export function sendError(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.retryAfter !== undefined) reply.header('retry-after', answer.retryAfter);
  return reply
    .code(answer.status)
    .type('application/json')
    .send(JSON.stringify({ error: { code: answer.code, message: answer.message } }));
}

export function registerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const answer = answerTo(error);
    if (answer !== undefined) return sendError(reply, answer);
    request.log.error({ err: error }, 'a request failed');
    return sendError(reply, { status: 500, code: 'internal', message: 'the request failed; see the log' });
  });
  app.setNotFoundHandler((request, reply) =>
    sendError(reply, {
      status: 404,
      code: 'not_found',
      message: `nothing at ${request.method} ${request.url.split('?', 1)[0]}: see /docs`,
    }),
  );
}
