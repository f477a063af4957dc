import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { number, wholeNumber } from '#infra/numbers.ts';
import { fails } from '../seeded.ts';
import { extractContext } from '../telemetry.ts';
import { describeIssues } from '../validation.ts';

export interface ToolDefaults {
  readonly delayMs: number;
  readonly errorRate: number;
}

/** Chunks of a streamed answer: as many, spread over the delay. */
const STREAM_CHUNKS = 10;

/** What `GET /` answers. */
const PATHS = [
  {
    path: '/tool/{name}',
    example: '/tool/search?delay_ms=200&error_rate=0.5&seed=1',
    about: 'a call of a simulated tool: it waits, and fails with 503 at the given rate',
  },
  { path: '/tool/{name}', example: '/tool/search?stream=true', about: 'its answer in chunks' },
  { path: '/health', example: '/health', about: 'whether the process answers' },
];

/**
 * The simulated external tools: `GET /tool/:name` waits, fails with a real 5xx at the given rate, or streams.
 *
 * With `seed`, `call` and `attempt` whether it fails is repeatable; without a seed it is random.
 */
export function buildToolService(defaults: ToolDefaults): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  const parameters = z.strictObject({
    delay_ms: wholeNumber(0, 60_000).default(defaults.delayMs),
    error_rate: number(0, 1).default(defaults.errorRate),
    stream: z.stringbool().default(false),
    seed: wholeNumber().optional(),
    call: wholeNumber(0).default(0),
    attempt: wholeNumber(0).default(0),
  });

  app.get('/', async () => ({ service: 'tool-service', paths: PATHS }));
  app.get('/health', async () => ({ status: 'ok', service: 'tool-service' }));

  app.get<{ Params: { name: string } }>('/tool/:name', async (request, reply) => {
    const parsed = parameters.safeParse(request.query);
    if (!parsed.success) return reply.code(400).send({ error: describeIssues(parsed.error) });
    const query = parsed.data;
    const tool = request.params.name;
    const span = trace.getTracer('ati.agents').startSpan(
      'GET /tool/:name',
      {
        kind: SpanKind.SERVER,
        attributes: { 'http.request.method': 'GET', 'http.route': '/tool/:name', 'gen_ai.tool.name': tool },
      },
      extractContext(request.headers),
    );
    if (query.stream) {
      span.setAttribute('http.response.status_code', 200);
      return reply.type('text/plain').send(Readable.from(chunks(query.delay_ms, span)));
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
    }
    span.end();
    return failed
      ? reply.code(503).send({ error: `tool ${tool} is unavailable` })
      : reply.send({ tool, ok: true });
  });
  return app;
}

/** The span ends with the stream, also when the caller goes away. */
async function* chunks(totalMs: number, span: Span): AsyncGenerator<string> {
  try {
    for (let i = 0; i < STREAM_CHUNKS; i++) {
      await wait(totalMs / STREAM_CHUNKS);
      yield `chunk ${i}\n`;
    }
  } finally {
    span.end();
  }
}
