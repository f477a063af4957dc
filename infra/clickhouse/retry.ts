/** Retries what may succeed later, with a growing pause, for ever or until the signal. */
import { setTimeout as pause } from 'node:timers/promises';
import { ClickHouseError } from './port.ts';

export interface RetryOptions {
  readonly signal?: AbortSignal;
  /** First pause, ms; each is twice the one before. */
  readonly firstMs?: number;
  /** Longest pause, ms. */
  readonly maxMs?: number;
  /** Told of each failure before the pause; attempt 1 is the first. */
  readonly onRetry?: (error: ClickHouseError, attempt: number, pauseMs: number) => void;
  /** In [0, 1): spreads the pauses, so that many writers do not come back at once. */
  readonly random?: () => number;
}

/**
 * The result of the first attempt that does not fail. Throws what is not a retriable ClickHouseError at once, and the
 * last error when the signal aborts.
 */
export async function retrying<T>(operation: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { signal, firstMs = 100, maxMs = 10_000, onRetry, random = Math.random } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof ClickHouseError) || !error.retriable || signal?.aborted) throw error;
      const full = Math.min(maxMs, firstMs * 2 ** (attempt - 1));
      const pauseMs = Math.round(full * (0.5 + random() / 2));
      onRetry?.(error, attempt, pauseMs);
      await pause(pauseMs, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}
