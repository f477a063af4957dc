import type { TraceSummary } from '#schemas/events.ts';
import { rememberedUntil } from '../windows/session.ts';
import { traceOrder } from './open-traces.ts';

/**
 * The tombstone that a summary read back from ati.traces stands for, if a processor that starts at `floor` needs one:
 * traces that begin at or after the floor are rebuilt by the replay, later revisions repeat the first.
 */
export function tombstoneOf(
  summary: Pick<TraceSummary, 'tenant' | 'traceId' | 'revision' | 'source' | 'firstOffset'>,
  start: { offset: number; clock: number },
  hardCapMs: number,
): { order: string; expiry: number } | undefined {
  if (summary.revision !== 1 || summary.firstOffset >= start.offset) return undefined;
  const expiry = rememberedUntil(summary.source.clock, { hardCapMs });
  return expiry > start.clock ? { order: traceOrder(summary.tenant, summary.traceId), expiry } : undefined;
}
