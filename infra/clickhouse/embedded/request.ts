/** A request of ClickHouse's HTTP interface, from URL and headers: what to run and how to answer. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Coding } from './coding.ts';
import { acceptedCoding } from './coding.ts';
import { EngineError } from './engine-error.ts';

export interface QueryRequest {
  readonly queryId: string;
  /** The `query` parameter; empty when the body is the query. */
  readonly query: string;
  readonly database: string | undefined;
  readonly defaultFormat: string;
  /** Settings of this query, in the order given; `readonly` is apart, since it must come last. */
  readonly settings: ReadonlyMap<string, string>;
  readonly readonly: string | undefined;
  /** {name:Type} parameters, in ClickHouse's escaped text form. */
  readonly params: ReadonlyMap<string, string>;
  readonly session: SessionRequest | undefined;
  /** Answer only when the query has ended, so that its errors have a status. */
  readonly waitEnd: boolean;
  readonly responseCoding: Coding | undefined;
}

export interface SessionRequest {
  readonly id: string;
  /** Seconds. */
  readonly timeout: number;
  /** True: it must exist already. */
  readonly check: boolean;
}

/** Parameters that are no settings. `http_*` and the like shape a real server's answer and have no effect here. */
const NO_SETTING = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'session_id',
  'session_timeout',
  'session_check',
  'role',
  'user',
  'password',
  'quota_key',
  'compress',
  'decompress',
  'enable_http_compression',
  'wait_end_of_query',
  'buffer_size',
  'stacktrace',
  'close_session',
  'send_progress_in_http_headers',
  'add_http_cors_header',
  'log_comment',
]);
const MAX_SESSION_SECONDS = 3600;

/** Throws EngineError on what this engine cannot do. */
export function parseRequest(
  method: string,
  params: URLSearchParams,
  headers: IncomingHttpHeaders,
): QueryRequest {
  for (const name of ['compress', 'decompress'])
    if (params.get(name) === '1')
      throw new EngineError(48, 'NOT_IMPLEMENTED', `the native compression (${name}=1) is not supported`);
  const settings = new Map<string, string>();
  const queryParams = new Map<string, string>();
  for (const [name, value] of params) {
    if (name.startsWith('param_')) queryParams.set(name, value);
    else if (name !== 'readonly' && !NO_SETTING.has(name) && !name.startsWith('http_'))
      settings.set(name, value);
  }
  for (const name of [...settings.keys(), ...queryParams.keys()])
    if (!/^\w+$/.test(name)) throw new EngineError(115, 'UNKNOWN_SETTING', `Unknown setting '${name}'`);
  const readonly = params.get('readonly') ?? undefined;
  return {
    queryId: params.get('query_id') || randomUUID(),
    query: params.get('query') ?? '',
    database: params.get('database') ?? oneHeader(headers['x-clickhouse-database']),
    defaultFormat:
      params.get('default_format') ?? oneHeader(headers['x-clickhouse-format']) ?? 'TabSeparated',
    settings,
    // As in ClickHouse: what GET asks for may read, and may change settings but not data.
    readonly: method === 'POST' ? readonly : (readonly ?? '2'),
    params: queryParams,
    session: sessionOf(params),
    waitEnd: params.get('wait_end_of_query') === '1',
    responseCoding:
      params.get('enable_http_compression') === '1' ? acceptedCoding(headers['accept-encoding']) : undefined,
  };
}

function oneHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function sessionOf(params: URLSearchParams): SessionRequest | undefined {
  const id = params.get('session_id');
  if (!id) return undefined;
  if (params.has('readonly'))
    throw new EngineError(
      48,
      'NOT_IMPLEMENTED',
      'readonly cannot be used with session_id: it could not be undone',
    );
  const given = params.get('session_timeout');
  const timeout = given === null ? 60 : Number(given);
  if (!Number.isInteger(timeout) || timeout < 1 || timeout > MAX_SESSION_SECONDS)
    throw new EngineError(
      374,
      'INVALID_SESSION_TIMEOUT',
      `session_timeout must be 1 to ${MAX_SESSION_SECONDS}`,
    );
  return { id, timeout, check: params.get('session_check') === '1' };
}
