/** The query API without its server: build it, then listen or inject. */
import Fastify, { type FastifyBaseLogger, type RouteOptions } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { registerOps } from '#infra/http.ts';
import type { Logger } from '#infra/log.ts';
import { serverOptions, type Tls } from '#infra/tls.ts';
import type { Api, ApiDeps } from './deps.ts';
import { registerDoors } from './doors.ts';
import { registerErrors, sendError } from './errors.ts';
import { describeApi } from './openapi.ts';
import { registerAttribution } from './routes/attribution.ts';
import { registerCriticalPath } from './routes/critical-path.ts';
import { registerIncidentActions } from './routes/incident-actions.ts';
import { registerIncidents } from './routes/incidents.ts';
import { registerIndex } from './routes/index.ts';
import { registerInsights } from './routes/insights.ts';
import { registerLogs } from './routes/logs.ts';
import { registerMetrics } from './routes/metrics.ts';
import { registerOperations } from './routes/operations.ts';
import { registerRegistry } from './routes/registry.ts';
import { registerSql } from './routes/sql.ts';
import { registerTraces } from './routes/traces.ts';
import { registerStream } from './stream/route.ts';

/** Of a request's head. */
const MAX_HEADER_BYTES = 16 << 10;
/** Of a request's body where its route says no other. */
const MAX_BODY_BYTES = 16 << 10;
/** A client that sends slower than this holds no connection. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface ApiOptions extends ApiDeps {
  /** Is told what failed and why, which answers do not say; requests are not logged. */
  readonly log?: Logger;
  /** ATI_API_REQUESTS_PER_MINUTE; 0: no limit. */
  readonly requestsPerMinute: number;
  /** HTTPS with it, HTTP without. */
  readonly tls: Tls | undefined;
  /** Is told of every route as it is registered: what there is to test. */
  readonly onRoute?: (route: RouteOptions) => void;
  /** Stopping, or another reason not to be asked; undefined when all is well. */
  readonly notReady?: () => string | undefined;
}

export async function buildApi(options: ApiOptions): Promise<Api> {
  const app = Fastify({
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 300 },
    bodyLimit: MAX_BODY_BYTES,
    // Fastify's lines below that are of every request.
    ...(options.log && { loggerInstance: options.log.child({}, { level: 'warn' }) as FastifyBaseLogger }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Errors before a route is found: a path parameter that is too long, a URL that cannot be decoded.
    frameworkErrors: (error, _request, reply) => {
      const message =
        error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'a part of the path is too long' : 'the URL is not valid';
      void sendError(reply, { status: error.statusCode ?? 400, code: 'bad_request', message });
    },
    ...serverOptions(options.tls, { maxHeaderSize: MAX_HEADER_BYTES }),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  registerErrors(app);
  await registerDoors(app, { ...options, secure: options.tls !== undefined });
  // After the guard's, which fills in what routes of others need.
  if (options.onRoute !== undefined) app.addHook('onRoute', options.onRoute);
  await describeApi(app);

  registerOps(app, {
    ready: async () => {
      const reasons: string[] = [];
      const reason = options.notReady?.();
      if (reason !== undefined) reasons.push(reason);
      if (!(await options.clickhouse.ping().catch(() => false))) reasons.push('ClickHouse does not answer');
      return { ok: reasons.length === 0, reasons };
    },
  });
  registerIndex(app);
  registerStream(app, options);
  registerIncidents(app, options);
  registerIncidentActions(app, options);
  registerTraces(app, options);
  registerInsights(app, options);
  registerCriticalPath(app, options);
  registerAttribution(app, options);
  registerOperations(app, options);
  registerMetrics(app, options);
  registerLogs(app, options);
  registerSql(app, options);
  registerRegistry(app, options);
  await app.ready();
  return app;
}
