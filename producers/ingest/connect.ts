/** Waits for the log when the ingest starts: a broker may need longer than we do. */
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf, UserError } from '#infra/errors.ts';
import type { Logger } from '#infra/log.ts';

const RETRY_MS = 1_000;

/**
 * The result of `connect`, tried again every second while it rejects, for `patienceMs` in all; then a UserError.
 * A UserError of `connect` itself (a topic with another number of partitions) ends it at once: time cures it not.
 */
export async function withPatience<T>(
  connect: () => Promise<T>,
  options: { brokers: readonly string[]; log: Logger; patienceMs: number; retryMs?: number },
): Promise<T> {
  const { brokers, log, patienceMs, retryMs = RETRY_MS } = options;
  const where = brokers.join(', ');
  const attempts = Math.max(1, Math.ceil(patienceMs / retryMs));
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect();
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (attempt >= attempts)
        throw new UserError(`no Kafka broker answers at ${where}: ${messageOf(error)}`);
      log.warn({ reason: messageOf(error), attempt }, `waiting for a Kafka broker at ${where}`);
      await wait(retryMs);
    }
  }
}
