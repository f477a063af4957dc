/** ATI's Avro schemas as a read-only Schema Registry, in Confluent's REST shapes. */
import { z } from 'zod';
import { schemaById, subjects, subjectVersions } from '#schemas/registry.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { wholeNumber } from '../parameters.ts';

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
/** Kafka tools read `error_code`, everybody else `error`. */
const missing = (code: 40401 | 40402 | 40403, message: string) => ({
  error_code: code,
  message,
  error: { code: 'not_found', message },
});
const missingBody = z
  .object({
    error_code: z.number(),
    message: z.string(),
    error: z.object({ code: z.string(), message: z.string() }),
  })
  .describe('no such id, subject or version');
const registered = z
  .object({
    subject: z.string(),
    id: z.number(),
    version: z.number(),
    schemaType: z.literal('AVRO'),
    schema: z.string(),
  })
  .describe('the version and its Avro schema as JSON text');

export function registerRegistry(app: Api, { topicPrefix }: ApiDeps): void {
  const tags = ['schema registry'];
  app.get(
    '/schemas/ids/:id',
    {
      config: { access: 'open' },
      schema: {
        tags,
        summary: 'The schema that a message of this id was written with',
        params: z.object({ id: wholeNumber(0, 0x7fffffff) }),
        response: {
          200: z.object({ schema: z.string() }).describe('the Avro schema as JSON text'),
          404: missingBody,
        },
      },
    },
    async ({ params }, reply) => {
      const found = schemaById(params.id, topicPrefix);
      reply.type(CONTENT_TYPE);
      if (found === undefined) return reply.code(404).send(missing(40403, `no schema with id ${params.id}`));
      return { schema: found.schema };
    },
  );

  app.get(
    '/subjects',
    {
      config: { access: 'open' },
      schema: {
        tags,
        summary: 'Every subject',
        response: { 200: z.array(z.string()).describe('their names') },
      },
    },
    async (_request, reply) => reply.type(CONTENT_TYPE).send(subjects(topicPrefix)),
  );

  app.get(
    '/subjects/:subject/versions',
    {
      config: { access: 'open' },
      schema: {
        tags,
        summary: "A subject's versions",
        params: z.object({ subject: z.string() }),
        response: { 200: z.array(z.number()).describe('their numbers'), 404: missingBody },
      },
    },
    async ({ params }, reply) => {
      const versions = subjectVersions(params.subject, topicPrefix);
      reply.type(CONTENT_TYPE);
      if (versions.length === 0) return reply.code(404).send(missing(40401, `no subject ${params.subject}`));
      return versions.map(({ version }) => version);
    },
  );

  app.get(
    '/subjects/:subject/versions/:version',
    {
      config: { access: 'open' },
      schema: {
        tags,
        summary: 'One version of a subject, or `latest`',
        params: z.object({
          subject: z.string(),
          version: z.union([z.literal('latest'), wholeNumber(1, 0x7fffffff)], {
            error: 'must be a whole number from 1, or `latest`',
          }),
        }),
        response: { 200: registered, 404: missingBody },
      },
    },
    async ({ params }, reply) => {
      const versions = subjectVersions(params.subject, topicPrefix);
      reply.type(CONTENT_TYPE);
      if (versions.length === 0) return reply.code(404).send(missing(40401, `no subject ${params.subject}`));
      const found =
        params.version === 'latest'
          ? versions.at(-1)
          : versions.find(({ version }) => version === params.version);
      if (found === undefined) return reply.code(404).send(missing(40402, `no version ${params.version}`));
      return found;
    },
  );
}
