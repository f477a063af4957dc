// For its types: `schema.hide` keeps a route out of OpenAPI.
import type {} from '@fastify/swagger';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Access } from './access/access.ts';
import { guardRoutes } from './access/guard.ts';
import { UserError } from './errors.ts';
import { metricsText } from './metrics.ts';
import { serverOptions, type Tls } from './tls.ts';

export interface Readiness {
  readonly ok: boolean;
  /** Why not, one clause each. */
  readonly reasons: readonly string[];
}

export interface OpsOptions {
  readonly ready: () => Readiness | Promise<Readiness>;
  /** Whether what runs beside the event loop gets on; an answer at all says that the loop ticks. */
  readonly live?: () => Readiness;
}

/**
 * The operators' routes of every process: /live (its loop ticks), /ready (it can do its work; 503 with the reasons
 * otherwise), /health (the same as /ready), /metrics (Prometheus). Probes have no token, so only /metrics needs one
 * (any) where there are tokens.
 */
export function registerOps(app: FastifyInstance, options: OpsOptions): void {
  const open = { schema: { hide: true }, config: { access: 'open' } } as const;
  app.get('/live', open, async (_request, reply) => {
    const { ok, reasons } = options.live?.() ?? { ok: true, reasons: [] };
    return ok ? { status: 'ok' } : reply.code(503).send({ status: 'stuck', reasons });
  });
  for (const path of ['/ready', '/health']) {
    app.get(path, open, async (_request, reply) => {
      const { ok, reasons } = await options.ready();
      return reply.code(ok ? 200 : 503).send({ status: ok ? 'ok' : 'unavailable', reasons });
    });
  }
  app.get('/metrics', { schema: { hide: true }, config: { access: 'any' } }, async (_request, reply) => {
    const { contentType, body } = await metricsText();
    return reply.header('content-type', contentType).send(body);
  });
}

/** Until a request is there, whole. */
const REQUEST_TIMEOUT_MS = 30_000;

/** The same routes on a server of their own, for a process without another one. */
export async function opsServer(
  options: OpsOptions & {
    readonly host: string;
    readonly port: number;
    readonly portVariable: string;
    readonly access: Access;
    readonly tls: Tls | undefined;
  },
): Promise<FastifyInstance> {
  const app = Fastify({
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    ...serverOptions(options.tls),
  });
  guardRoutes(app, {
    access: options.access,
    deny: ({ status, message }, _request, reply) => reply.code(status).send({ error: { message } }),
  });
  registerOps(app, options);
  await listen(app, options);
  return app;
}

/** Listens, or says which port is taken and which variable moves it. */
export async function listen(
  app: FastifyInstance,
  at: { readonly host: string; readonly port: number; readonly portVariable: string },
): Promise<void> {
  try {
    await app.listen({ host: at.host, port: at.port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new UserError(`port ${at.port} is in use by another program: set ${at.portVariable} to a free one`);
  }
}
