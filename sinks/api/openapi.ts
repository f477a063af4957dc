/** OpenAPI of the routes, from their schemas, and the page that shows it. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import type { Need } from '#infra/access/guard.ts';

const NEEDS: Readonly<Record<Need, string>> = {
  open: 'Needs no token.',
  any: 'Where there are tokens: needs one.',
  ingest: 'Where there are tokens: needs one with the scope `ingest`.',
  read: 'Where there are tokens: needs one with the scope `read`, and answers of its tenant alone.',
  operate: 'Where there are tokens: needs one with the scope `operate`, and acts on its tenant alone.',
};

/** Serves /docs and /docs/json. To be awaited before any route of the API is registered. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'ATI query API',
        description: 'Incidents, traces, operations, metrics and logs of multi-agent systems.',
        version: '0.1.0',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'a token that `npm run tokens` has made' },
        },
      },
    },
    transform: (given) => {
      const { schema, url } = jsonSchemaTransform(given);
      const need = given.route.config?.access ?? 'any';
      const description = [schema.description, NEEDS[need]].filter((each) => each !== undefined).join(' ');
      return { url, schema: { ...schema, description, security: need === 'open' ? [] : [{ token: [] }] } };
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // Its top bar is there to load other APIs.
    theme: { css: [{ filename: 'ati.css', content: '.swagger-ui .topbar { display: none }' }] },
  });
}
