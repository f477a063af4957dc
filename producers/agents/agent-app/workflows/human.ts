import { CHAT_SHARE } from '../choices.ts';
import type { HumanParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/** An agent prepares something, waits for a person to look at it, and goes on with the answer. */
export async function runHuman(run: Run, parameters: HumanParameters): Promise<void> {
  const { delay_ms: delayMs } = parameters;
  await run.worker('assistant', async () => {
    await run.chat(delayMs * CHAT_SHARE);
    await run.toolCall({ tool: 'draft', delayMs, call: 0 });
    await run.checkpoint('draft', { calls: run.toolCalls });
    await run.humanFeedback(parameters.human_delay_s * 1000);
    await run.toolCall({ tool: 'publish', delayMs, call: 1 });
    await run.chat(delayMs * CHAT_SHARE);
  });
  await run.checkpoint('answer', { calls: run.toolCalls });
}
