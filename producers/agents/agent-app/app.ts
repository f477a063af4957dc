import { randomInt } from 'node:crypto';
import { PassThrough } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Slots } from '../slots.ts';
import { measureRequests } from '../telemetry/requests.ts';
import { workflowRecorder } from '../telemetry/workflows.ts';
import { ToolUnreachable, type World } from '../world.ts';
import { endpoints } from './endpoints.ts';
import { type ParameterDefaults, parseScenario, SCENARIOS, type ScenarioParameters } from './parameters.ts';
import { playRecorded } from './recorded.ts';
import { Run } from './run.ts';
import { summarise } from './summary.ts';

export interface AgentAppOptions {
  readonly world: World;
  /** Default of `delay_ms`. */
  readonly toolDelayMs: number;
  /** Prefix of agent names. */
  readonly agentPrefix: string;
  /** Where the pools of the runs stand while they run. */
  readonly pools?: Set<Slots>;
}

const AT_RUN = SCENARIOS.filter((name) => name !== 'stream');

/** The synthetic multi-agent system: `GET /run?scenario=…` and `GET /stream`, one trace a run. */
export function buildAgentApp(options: AgentAppOptions): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  measureRequests(app);
  const record = workflowRecorder();
  const defaults: ParameterDefaults = { toolDelayMs: options.toolDelayMs, seed: () => randomInt(2 ** 32) };
  const running = new Set<Promise<unknown>>();

  const begin = (parameters: ScenarioParameters, signal?: AbortSignal) =>
    new Run(options.world, {
      agentPrefix: options.agentPrefix,
      seed: parameters.seed,
      signal,
      pools: options.pools,
    });
  /** Closing waits for it, so that its spans end before the exporter does. */
  const tracked = <T>(run: Promise<T>): Promise<T> => {
    const settled = run.then(
      () => undefined,
      () => undefined, // whoever asked for the run gets the error
    );
    running.add(settled);
    void settled.then(() => running.delete(settled));
    return run;
  };
  app.addHook('onClose', async () => {
    await Promise.all(running);
  });

  app.setErrorHandler((error, _request, reply) => {
    // Fastify's own 500 would call it an internal error, which it is not.
    if (error instanceof ToolUnreachable) return reply.code(502).send({ error: error.message });
    return reply.send(error);
  });

  app.get('/', async () => ({ service: 'agent-app', paths: endpoints(options.toolDelayMs) }));
  app.get('/health', async () => ({ status: 'ok', service: 'agent-app' }));

  app.get('/run', async (request, reply) => {
    const parsed = parseScenario(request.query as Record<string, unknown>, defaults, AT_RUN);
    if (!parsed.ok) return reply.code(400).send({ error: parsed.error });
    const run = begin(parsed.parameters);
    const [startedAt, started] = [Date.now(), performance.now()];
    const { traceId } = await tracked(playRecorded(run, parsed.parameters, record));
    return {
      traceId,
      ...summarise(run, parsed.parameters, { startedAt, durationMs: performance.now() - started }),
    };
  });

  // Newline-delimited JSON: the trace id first, a line a chunk, a summary last.
  app.get('/stream', async (request, reply) => {
    const query = { ...(request.query as Record<string, unknown>) };
    if (query.scenario !== undefined)
      return reply.code(400).send({ error: 'unknown parameter: scenario (it is /stream already)' });
    const parsed = parseScenario({ ...query, scenario: 'stream' }, defaults);
    if (!parsed.ok) return reply.code(400).send({ error: parsed.error });
    const leaving = new AbortController();
    const run = begin(parsed.parameters, leaving.signal);
    const lines = new PassThrough();
    lines.once('close', () => leaving.abort());
    const line = (value: object) => {
      if (!leaving.signal.aborted) lines.write(`${JSON.stringify(value)}\n`);
    };
    const [startedAt, started] = [Date.now(), performance.now()];
    tracked(playRecorded(run, parsed.parameters, record, line)).then(
      ({ traceId, chunks }) => {
        line({
          done: true,
          traceId,
          chunks,
          ...summarise(run, parsed.parameters, { startedAt, durationMs: performance.now() - started }),
        });
        lines.end();
      },
      (error: unknown) => {
        // The status is out already: the last line says it.
        line({ error: error instanceof Error ? error.message : String(error) });
        lines.end();
      },
    );
    return reply.type('application/x-ndjson').send(lines);
  });
  return app;
}
