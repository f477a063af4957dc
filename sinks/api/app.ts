/** The query API without its server: build it, then listen or inject. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { registerOps } from '#infra/http.ts';
import type { Api, ApiDeps } from './deps.ts';
import { registerErrors } from './errors.ts';
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

export interface ApiOptions extends ApiDeps {
  /** Stopping, or another reason not to be asked; undefined when all is well. */
  readonly notReady?: () => string | undefined;
}

export async function buildApi(options: ApiOptions): Promise<Api> {
  const app = Fastify({
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 300 },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  registerErrors(app);
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'ATI query API',
        description: 'Incidents, traces, operations, metrics and logs of multi-agent systems.',
        version: '0.1.0',
      },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // Its top bar is there to load other APIs.
    theme: { css: [{ filename: 'ati.css', content: '.swagger-ui .topbar { display: none }' }] },
  });

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
