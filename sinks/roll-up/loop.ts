import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '#infra/log.ts';
import { markOldDay } from './marks.ts';
import { type RollUpOptions, rollUp } from './roll-up.ts';

const EVERY_MS = 60_000;

/**
 * Rolls up from time to time, until the signal. What fails is logged and tried again: answers are right without it, only
 * slower.
 */
export async function keepRollingUp(
  options: Pick<RollUpOptions, 'clickhouse' | 'database' | 'signal'>,
  log: Logger,
): Promise<void> {
  const { clickhouse, database, signal } = options;
  while (!signal.aborted) {
    try {
      const day = await markOldDay(clickhouse, database);
      if (day !== undefined) log.info({ day }, 'spans of an older version will be rolled up');
      const slots = await rollUp({ ...options, quietSeconds: 600, minRows: 1_000_000, minSlots: 30 });
      if (slots > 0) log.info({ slots }, 'spans were rolled up by operation');
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'spans could not be rolled up: asked again in a minute');
    }
    await wait(EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
