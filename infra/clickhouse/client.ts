/** The ClickHouse port on @clickhouse/client: the same for a real server and for the embedded engine. */
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type ClickHouseSettings, createClient } from '@clickhouse/client';
import { toClickHouseError } from './errors.ts';
import type { ClickHouse, ClickHouseOptions, QueryOptions } from './port.ts';
import { quoteIdentifier } from './sql-lexer.ts';

/** Of no byte either way: a slow link takes its time, a half-open one is noticed. */
const SILENCE_MS = 60_000;
/** Whoever asks whether ClickHouse is there wants to know soon. */
const PING_MS = 2_000;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Compression pays on a network and costs on loopback: gzip or zstd at level 1 took a fifth of the rows per second of
 * RowBinary inserts and half a microsecond of CPU a row on our side.
 */
function compressionFor(url: string) {
  const remote = !LOOPBACK.has(new URL(url).hostname);
  return remote
    ? ({ request: { codec: 'gzip', level: 1 }, response: true } as const)
    : { request: false, response: false };
}

/** An INSERT's rows are stored when it is answered, whatever the user's profile says. */
const DURABLE: ClickHouseSettings = { wait_for_async_insert: 1, insert_distributed_sync: 1 };

/**
 * What replaces rows does so at merges and under FINAL, whoever wrote them: to look for them in each insert as well took
 * half of its cost (docs/adr/0018-rows-or-columns.md).
 */
const AS_IT_COMES: ClickHouseSettings = { optimize_on_insert: 0 };

/** Does not connect yet: the first request does. */
export function connectClickHouse(options: ClickHouseOptions): ClickHouse {
  const client = createClient({
    url: options.url,
    username: options.user ?? 'default',
    password: options.password ?? '',
    application: 'ati',
    ...(options.ca && { tls: { ca_cert: options.ca } }),
    request_timeout: options.silenceMs ?? SILENCE_MS,
    compression: compressionFor(options.url),
    // A server closes idle connections after 3 s or more; a request on one that it is closing fails with ECONNRESET.
    // The socket's age is looked at before its use too, since a busy event loop fires timers late.
    keep_alive: { enabled: true, idle_socket_ttl: 2_000, eagerly_destroy_stale_sockets: true },
    // Errors are thrown to the caller, who logs them.
    log: { level: 127 },
  });

  /** `database` goes with each request, so that a setting can name another one (or none yet: see migrate.ts). */
  const withDatabase = (settings: ClickHouseSettings): ClickHouseSettings =>
    ({ database: options.database ?? 'default', ...settings }) as ClickHouseSettings;

  const request = (query: string, given: QueryOptions | undefined, settings: ClickHouseSettings = {}) => ({
    query,
    query_params: given?.params,
    abort_signal: given?.signal,
    clickhouse_settings: withDatabase({ ...settings, ...given?.settings }),
  });

  async function guarded<T>(signal: AbortSignal | undefined, operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw toClickHouseError(error, signal?.aborted);
    }
  }

  return {
    query<Row>(sql: string, given?: QueryOptions) {
      return guarded(given?.signal, async () => {
        const result = await client.query({
          ...request(sql, given, { output_format_json_quote_64bit_integers: 1 }),
          format: 'JSONEachRow',
        });
        return result.json<Row>();
      });
    },

    async command(sql, given) {
      await guarded(given?.signal, () => client.command(request(sql, given)));
    },

    insert(table, columns, format, body, signal) {
      return guarded(signal, async () => {
        const list = columns.map(quoteIdentifier).join(', ');
        const result = await client.exec({
          ...request(
            `INSERT INTO ${table} (${list}) FORMAT ${format}`,
            { signal },
            { ...DURABLE, ...AS_IT_COMES },
          ),
          values: Readable.from([Buffer.from(body.buffer, body.byteOffset, body.byteLength)], {
            objectMode: false,
          }),
        });
        // An INSERT has no output: anything that comes is an error after the headers.
        const rest = await text(result.stream);
        if (rest !== '') throw new Error(rest.slice(0, 1000));
      });
    },

    raw(sql, format, given) {
      return guarded(given?.signal, async () => {
        // The answer begins when the query has ended, so that an error is thrown here and not found in the body.
        const waiting = { wait_end_of_query: 1, default_format: format } as ClickHouseSettings;
        const { stream, response_headers } = await client.exec(request(sql, given, waiting));
        const contentType = response_headers['content-type'];
        return { body: stream, contentType: String(contentType ?? 'application/octet-stream') };
      });
    },

    async ping() {
      // One that accepts and never answers is not there.
      return (await client.ping({ select: false, abort_signal: AbortSignal.timeout(PING_MS) })).success;
    },

    close: () => client.close(),
  };
}
