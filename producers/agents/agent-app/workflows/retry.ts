import { setTimeout as wait } from 'node:timers/promises';
import { Slots } from '../../slots.ts';
import type { RetryParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/** The first back-off; each further one doubles. */
const BACKOFF_MS = 50;

/** A fan-out over a flaky tool: every failed call is tried again, up to `max_retries` times. */
export async function runRetry(run: Run, parameters: RetryParameters): Promise<void> {
  const slots = new Slots(parameters.concurrency);
  let gaveUp = 0;

  const callWithRetries = async (call: number): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      const ok = await slots.use(() =>
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
      await wait(BACKOFF_MS * 2 ** attempt);
    }
  };

  await run.planner({ 'ati.fanout.width': parameters.fanout }, async () => {
    const work = Array.from({ length: parameters.fanout }, (_, call) =>
      run.worker('caller', () => callWithRetries(call)),
    );
    await Promise.all(work);
  });
  await run.checkpoint('results', { calls: run.toolCalls, gaveUp });
}
