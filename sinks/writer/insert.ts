/**
 * Inserts that resolve when the rows are durable. What may pass (no connection, memory, too many parts) is tried again
 * for ever; what never will is narrowed down to the records at fault.
 */
import { ClickHouseError } from '#infra/clickhouse/port.ts';
import { type RetryOptions, retrying } from '#infra/clickhouse/retry.ts';
import type { KafkaRecord } from '#infra/kafka/port.ts';
import type { PendingRows } from './pending.ts';

/**
 * Stores the bytes of some rows; resolves when they are durable, rejects with a ClickHouseError, and at once when the
 * signal aborts.
 */
export type Insert = (rows: Uint8Array, cut: AbortSignal) => Promise<void>;

export interface BadRecord {
  readonly record: KafkaRecord;
  readonly reason: string;
}

/** `abandoned`: a signal came first; some of the rows may be stored. */
export type Inserted = { outcome: 'stored'; bad: BadRecord[] } | { outcome: 'abandoned' };

/**
 * Errors of the database rather than of the rows (no answer and never will be; unknown table, column, function,
 * setting or database; wrong password, no rights, read-only): no record is at fault, so they are thrown.
 * https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
 */
const NOT_THE_ROWS = new Set([
  0, 8, 10, 16, 36, 46, 47, 48, 60, 62, 73, 81, 115, 164, 192, 193, 194, 497, 516,
]);

type Attempt = 'stored' | 'abandoned' | { reason: string };

async function attempt(
  insert: Insert,
  rows: Uint8Array,
  retry: RetryOptions,
  cut: AbortSignal,
): Promise<Attempt> {
  try {
    await retrying(() => insert(rows, cut), retry);
    return 'stored';
  } catch (error) {
    if (!(error instanceof ClickHouseError)) throw error;
    // A signal has ended the retries, or the attempt itself, of which then nothing is known.
    if (error.retriable || cut.aborted) return 'abandoned';
    if (NOT_THE_ROWS.has(error.code)) throw error;
    return { reason: error.message };
  }
}

/**
 * Stores all rows of `pending` but those of the records that the server refuses, which it returns in order. Throws what
 * is no fault of the rows. `retry.signal` ends it after the attempt that is under way, `cut` within it. `pending` must not
 * change meanwhile.
 */
export async function insertPending(
  insert: Insert,
  pending: PendingRows,
  retry: RetryOptions,
  cut: AbortSignal,
): Promise<Inserted> {
  const bad: BadRecord[] = [];
  // Halves of halves, the first half first.
  const ranges: [number, number][] = pending.records > 0 ? [[0, pending.records]] : [];
  for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
    const [first, end] = range;
    const rows = pending.body(first, end);
    const result = await attempt(insert, rows, retry, cut);
    if (result === 'abandoned') return { outcome: 'abandoned' };
    if (result === 'stored') continue;
    if (end - first === 1) {
      bad.push({ record: pending.record(first), reason: result.reason });
      continue;
    }
    const middle = (first + end) >> 1;
    ranges.push([middle, end], [first, middle]);
  }
  return { outcome: 'stored', bad };
}
