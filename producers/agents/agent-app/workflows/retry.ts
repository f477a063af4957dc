import type { Slots } from '../../slots.ts';
import { BACKOFF_MS } from '../choices.ts';
import type { RetryParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/** A fan-out over a flaky tool: every failed call is tried again, up to `max_retries` times. */
export async function runRetry(run: Run, parameters: RetryParameters): Promise<void> {
  let gaveUp = 0;

  const callWithRetries = async (slots: Slots, call: number): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      const ok = await run.inSlot(slots, () =>
        run.toolCall({
          tool: 'flaky',
          delayMs: parameters.delay_ms,
          errorRate: parameters.error_rate,
          call,
          attempt,
        }),
      );
      if (ok) return;
      if (attempt === parameters.max_retries) {
        gaveUp++;
        return;
      }
      await run.world.wait(BACKOFF_MS * 2 ** attempt);
    }
  };

  await run.planner({ 'ati.fanout.width': parameters.fanout }, () =>
    run.inPool(parameters.concurrency, async (slots) => {
      const work = Array.from({ length: parameters.fanout }, (_, call) =>
        run.worker('caller', () => callWithRetries(slots, call)),
      );
      await Promise.all(work);
    }),
  );
  await run.checkpoint('results', { calls: run.toolCalls, gaveUp });
}
