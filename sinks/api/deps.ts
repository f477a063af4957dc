import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Access } from '#infra/access/access.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import type { OperatorLog } from './incident-actions.ts';
import type { IncidentFeed } from './stream/feed.ts';

export interface ApiDeps {
  /** Whose data a request may see, and what it may do. */
  readonly access: Access;
  readonly clickhouse: ClickHouse;
  /** CLICKHOUSE_DATABASE */
  readonly database: string;
  /** ATI_TOPIC_PREFIX, for the names of subjects. */
  readonly topicPrefix: string;
  readonly feed: IncidentFeed;
  readonly operators: OperatorLog;
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

/**
 * The same, for ati_traces FINAL by a range of `Start`: days outside it are not read. All revisions of a trace are in the
 * partition of its day, but for one whose start has moved over midnight.
 */
export const FINAL_BY_DAY = { ...QUERY_SETTINGS, do_not_merge_across_partitions_select_final: 1 } as const;

/**
 * For FINAL by a trace's id. By default ClickHouse reads all that overlaps, in the key's order, with what an index of TraceId has
 * chosen, since a newer version of a row might lie there. Versions of a row have one TraceId, so the index has chosen them too.
 */
export const FINAL_BY_TRACE = {
  ...QUERY_SETTINGS,
  use_skip_indexes_if_final: 1,
  use_skip_indexes_if_final_exact_mode: 0,
} as const;
