/** What the client library throws, as ClickHouseError: whether to try again is decided by code, never by words. */
import { ClickHouseError as ServerError } from '@clickhouse/client';
import { certificateFault } from '../tls.ts';
import { ClickHouseError } from './port.ts';

/** No answer of the server: no connection, a timeout, a connection that broke. */
export const NO_ANSWER = 0;
/** QUERY_WAS_CANCELLED. */
export const CANCELLED = 394;

/** The same request may succeed later. Names as in ClickHouse's ErrorCodes.cpp. */
const RETRIABLE: ReadonlySet<number> = new Set([
  74, // CANNOT_READ_FROM_FILE_DESCRIPTOR
  75, // CANNOT_WRITE_TO_FILE_DESCRIPTOR (a full disk)
  76, // CANNOT_OPEN_FILE
  159, // TIMEOUT_EXCEEDED
  160, // TOO_SLOW
  198, // DNS_ERROR
  201, // QUOTA_EXCEEDED
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  225, // NO_ZOOKEEPER
  236, // ABORTED (the server is shutting down)
  241, // MEMORY_LIMIT_EXCEEDED
  242, // TABLE_IS_READ_ONLY (a replica without its keeper)
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS
  279, // ALL_CONNECTION_TRIES_FAILED
  285, // TOO_FEW_LIVE_REPLICAS
  286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  289, // REPLICA_IS_NOT_IN_QUORUM
  319, // UNKNOWN_STATUS_OF_INSERT
  369, // ALL_REPLICAS_ARE_STALE
  373, // SESSION_IS_LOCKED
  394, // QUERY_WAS_CANCELLED (by the server's operator: our own are told apart by their signal)
  425, // SYSTEM_ERROR
  439, // CANNOT_SCHEDULE_TASK
  473, // DEADLOCK_AVOIDED
  499, // S3_ERROR
  999, // KEEPER_EXCEPTION
  1000, // POCO_EXCEPTION
]);

export function isRetriableCode(code: number): boolean {
  return code === NO_ANSWER || RETRIABLE.has(code);
}

/** `aborted`: the caller's own signal ended the request. */
export function toClickHouseError(error: unknown, aborted = false): ClickHouseError {
  if (error instanceof ClickHouseError) return error;
  if (aborted) return new ClickHouseError('the request was aborted', CANCELLED, false);
  if (error instanceof ServerError) {
    const code = Number(error.code);
    const name = error.type === undefined ? '' : ` (${error.type})`;
    return new ClickHouseError(
      `ClickHouse ${code}: ${error.message.trim()}${name}`,
      code,
      isRetriableCode(code),
    );
  }
  const certificate = certificateFault(error instanceof Error && 'code' in error ? error.code : undefined);
  // Retriable all the same: a running sink keeps what it holds until somebody has mended it.
  if (certificate !== undefined)
    return new ClickHouseError(
      `ClickHouse ${certificate}: CLICKHOUSE_CA must hold its authority`,
      NO_ANSWER,
      true,
    );
  const message = error instanceof Error ? error.message : String(error);
  // A mistake in how we call the library, which will not go away.
  const ours = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  return new ClickHouseError(`no answer from ClickHouse: ${message}`, NO_ANSWER, !ours);
}
