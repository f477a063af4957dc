import type { Slots } from '../../slots.ts';
import { agentChance, BACKOFF_MS } from '../choices.ts';
import type { RetryParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/**
 * A fan-out over a flaky tool: every failed call is tried again, up to `max_retries` times. With `agent_retries` an agent
 * makes the call, and whoever called the agent tries it again when it gives up: retries at two layers.
 */
export async function runRetry(run: Run, parameters: RetryParameters): Promise<void> {
  const { delay_ms: delayMs, error_rate: errorRate, max_retries, agent_retries } = parameters;
  let gaveUp = 0;

  /** `attemptAt`: one attempt, true when it succeeded. */
  const withRetries = async (most: number, attemptAt: (attempt: number) => Promise<boolean>) => {
    for (let attempt = 0; ; attempt++) {
      if (await attemptAt(attempt)) return true;
      if (attempt === most) return false;
      await run.world.wait(BACKOFF_MS * 2 ** attempt);
    }
  };

  const callTool = (slots: Slots, call: number, agentAttempt: number) =>
    withRetries(max_retries, (attempt) => {
      const chance = agentChance(parameters, agentAttempt, attempt);
      return run.inSlot(slots, () =>
        run.toolCall({ tool: 'flaky', delayMs, errorRate, call, attempt, chance }),
      );
    });

  const work = async (slots: Slots, call: number): Promise<void> => {
    const done =
      agent_retries === 0
        ? await callTool(slots, call, 0)
        : await withRetries(agent_retries, (attempt) =>
            run.callAgent('fetcher', attempt, () => callTool(slots, call, attempt)),
          );
    if (!done) gaveUp++;
  };

  await run.planner({ 'ati.fanout.width': parameters.fanout }, () =>
    run.inPool(parameters.concurrency, async (slots) => {
      const all = Array.from({ length: parameters.fanout }, (_, call) =>
        run.worker('caller', () => work(slots, call)),
      );
      await Promise.all(all);
    }),
  );
  await run.checkpoint('results', { calls: run.toolCalls, gaveUp });
}
