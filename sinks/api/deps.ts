import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import type { IncidentFeed } from './stream/feed.ts';

export interface ApiDeps {
  readonly clickhouse: ClickHouse;
  /** CLICKHOUSE_DATABASE */
  readonly database: string;
  /** ATI_TOPIC_PREFIX, for the names of subjects. */
  readonly topicPrefix: string;
  readonly feed: IncidentFeed;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Fastify whose routes are typed by their zod schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** For queries that are ours: their time is bounded, their result by LIMIT. */
export const QUERY_SETTINGS = { max_execution_time: 10 } as const;
