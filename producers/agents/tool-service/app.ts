import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { number, wholeNumber } from '#infra/numbers.ts';
import { fails } from '../seeded.ts';
import { emitEvent } from '../telemetry/events.ts';
import { measureRequests } from '../telemetry/requests.ts';
import { SCOPE } from '../telemetry/scope.ts';
import { extractContext } from '../telemetry/spans.ts';
import { LARGEST_PAYLOAD, LONGEST_CALL_MS } from '../tool-limits.ts';
import { describeIssues } from '../validation.ts';
import { payload, textPieces } from './bodies.ts';

export interface ToolDefaults {
  readonly delayMs: number;
  readonly errorRate: number;
}

/** What `GET /` answers. */
const PATHS = [
  {
    path: '/tool/{name}',
    example: '/tool/search?delay_ms=200&error_rate=0.5&seed=1',
    about: 'a call of a simulated tool: it waits, and fails with 503 at the given rate',
  },
  {
    path: '/tool/{name}',
    example: '/tool/retrieve?size_bytes=200000&mb_per_s=2',
    about: 'its answer as so many bytes, at so many 10⁶ bytes a second',
  },
  { path: '/tool/{name}', example: '/tool/search?stream=true', about: 'its answer in chunks' },
  { path: '/health', example: '/health', about: 'whether the process answers' },
];

/**
 * The simulated external tools: `GET /tool/:name` waits, fails with a real 5xx at the given rate, or answers: shortly, with
 * a payload of a given size, or as a stream.
 *
 * With `seed`, `call` and `attempt` whether it fails is repeatable; without a seed it is random.
 */
export function buildToolService(defaults: ToolDefaults): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  measureRequests(app);
  const parameters = z
    .strictObject({
      delay_ms: wholeNumber(0, LONGEST_CALL_MS).default(defaults.delayMs),
      error_rate: number(0, 1).default(defaults.errorRate),
      stream: z.stringbool().default(false),
      size_bytes: wholeNumber(0, LARGEST_PAYLOAD).default(0),
      mb_per_s: number(0, 10_000).default(0),
      seed: wholeNumber().optional(),
      call: wholeNumber(0).default(0),
      attempt: wholeNumber(0).default(0),
    })
    .refine((query) => !query.stream || query.size_bytes === 0, {
      error: 'must be 0 with stream=true',
      path: ['size_bytes'],
    })
    .refine(
      (query) => query.mb_per_s === 0 || query.size_bytes / (query.mb_per_s * 1000) <= LONGEST_CALL_MS,
      {
        error: `must be so that size_bytes take at most ${LONGEST_CALL_MS} ms`,
        path: ['mb_per_s'],
      },
    );

  app.get('/', async () => ({ service: 'tool-service', paths: PATHS }));
  app.get('/health', async () => ({ status: 'ok', service: 'tool-service' }));

  app.get<{ Params: { name: string } }>('/tool/:name', async (request, reply) => {
    const parsed = parameters.safeParse(request.query);
    if (!parsed.success) return reply.code(400).send({ error: describeIssues(parsed.error) });
    const query = parsed.data;
    const tool = request.params.name;
    const caller = extractContext(request.headers);
    const span = trace.getTracer(SCOPE).startSpan(
      'GET /tool/:name',
      {
        kind: SpanKind.SERVER,
        attributes: { 'http.request.method': 'GET', 'http.route': '/tool/:name', 'gen_ai.tool.name': tool },
      },
      caller,
    );
    if (query.stream) {
      span.setAttribute('http.response.status_code', 200);
      return reply.type('text/plain').send(endingWith(textPieces(query.delay_ms), span));
    }
    await wait(query.delay_ms);
    const failed =
      query.seed === undefined
        ? Math.random() < query.error_rate
        : fails(query.seed, query.call, query.attempt, query.error_rate);
    span.setAttribute('http.response.status_code', failed ? 503 : 200);
    if (failed) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', '503');
      span.end();
      const codes = { 'gen_ai.tool.name': tool, 'http.response.status_code': 503, 'error.type': '503' };
      emitEvent('ati.tool.failed', 'WARN', codes, trace.setSpan(caller, span));
      return reply.code(503).send({ error: `tool ${tool} is unavailable` });
    }
    if (query.size_bytes > 0) {
      const body = payload(query.size_bytes, query.mb_per_s);
      return reply
        .type('application/octet-stream')
        .header('content-length', query.size_bytes)
        .send(endingWith(body, span));
    }
    span.end();
    return reply.send({ tool, ok: true });
  });
  return app;
}

/** The span ends with the body, also when the caller goes away before its first or last byte. */
function endingWith(body: Readable, span: Span): Readable {
  return body.once('close', () => span.end());
}
