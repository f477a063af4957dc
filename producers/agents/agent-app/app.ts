import { PassThrough } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import { describeIssues } from '../validation.ts';
import { type RunParameters, runParameters, streamParameters } from './parameters.ts';
import { Run, type RunOptions } from './run.ts';
import { runChain } from './workflows/chain.ts';
import { runFanout } from './workflows/fanout.ts';
import { runRetry } from './workflows/retry.ts';
import { runStream } from './workflows/stream.ts';

export interface AgentAppOptions extends Omit<RunOptions, 'seed'> {
  /** Default of `delay_ms`. */
  readonly toolDelayMs: number;
}

/** What `GET /` answers. */
const PATHS = [
  {
    path: '/run',
    example: '/run?scenario=fanout&fanout=100&concurrency=20',
    about: 'a planner whose many tool calls share a few slots',
  },
  {
    path: '/run',
    example: '/run?scenario=chain&depth=60',
    about: 'agents that wait for each other, one below the other',
  },
  {
    path: '/run',
    example: '/run?scenario=retry&error_rate=0.3&max_retries=3',
    about: 'calls of a flaky tool that are tried again',
  },
  {
    path: '/stream',
    example: '/stream?duration_s=5&background_fanout=100',
    about: 'a token stream that background calls can starve; a line of JSON a chunk',
  },
  { path: '/health', example: '/health', about: 'whether the process answers' },
];

/** The synthetic multi-agent system: `GET /run?scenario=…` and `GET /stream`, one trace a run. */
export function buildAgentApp(options: AgentAppOptions): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  const parameters = runParameters(options.toolDelayMs);

  app.get('/', async () => ({ service: 'agent-app', paths: PATHS }));
  app.get('/health', async () => ({ status: 'ok', service: 'agent-app' }));

  app.get('/run', async (request, reply) => {
    const parsed = parameters.safeParse(request.query);
    if (!parsed.success) return reply.code(400).send({ error: describeIssues(parsed.error) });
    const run = new Run({ ...options, seed: parsed.data.seed });
    const started = performance.now();
    const traceId = await run.workflow(parsed.data.scenario, async (span) => {
      await play(run, parsed.data);
      return span.spanContext().traceId;
    });
    return {
      traceId,
      ...parsed.data,
      durationMs: Math.round(performance.now() - started),
      toolCalls: run.toolCalls,
      toolErrors: run.toolErrors,
    };
  });

  // Newline-delimited JSON: the trace id first, a line a chunk, a summary last.
  app.get('/stream', async (request, reply) => {
    const parsed = streamParameters.safeParse(request.query);
    if (!parsed.success) return reply.code(400).send({ error: describeIssues(parsed.error) });
    const run = new Run({ ...options, seed: parsed.data.seed });
    const lines = new PassThrough();
    const line = (value: Record<string, unknown>) => lines.write(`${JSON.stringify(value)}\n`);
    run
      .workflow('stream', async (span) => {
        line({ traceId: span.spanContext().traceId });
        return runStream(run, parsed.data, (chunk) => line({ chunk }));
      })
      .then(
        ({ chunks }) => {
          line({ done: true, chunks, toolCalls: run.toolCalls, toolErrors: run.toolErrors });
          lines.end();
        },
        (error: Error) => lines.destroy(error),
      );
    return reply.type('application/x-ndjson').send(lines);
  });
  return app;
}

function play(run: Run, parameters: RunParameters): Promise<void> {
  switch (parameters.scenario) {
    case 'fanout':
      return runFanout(run, parameters);
    case 'chain':
      return runChain(run, parameters);
    case 'retry':
      return runRetry(run, parameters);
  }
}
