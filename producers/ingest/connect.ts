/** Waits for the log when the ingest starts: a broker may need longer than we do. */
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '#infra/errors.ts';
import type { Logger } from '#infra/log.ts';

const RETRY_MS = 1_000;

/** True for what another attempt may cure. */
export type Curable = (error: unknown) => boolean;

/**
 * The result of `connect`, tried again every second while it rejects with something curable, for `patienceMs` in
 * all; then its last error.
 */
export async function withPatience<T>(
  connect: () => Promise<T>,
  options: { log: Logger; patienceMs: number; curable: Curable; retryMs?: number },
): Promise<T> {
  const { log, patienceMs, curable, retryMs = RETRY_MS } = options;
  const giveUpAt = performance.now() + patienceMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect();
    } catch (error) {
      if (!curable(error) || performance.now() >= giveUpAt) throw error;
      log.warn({ attempt }, `waiting: ${messageOf(error)}`);
      await wait(retryMs);
    }
  }
}
