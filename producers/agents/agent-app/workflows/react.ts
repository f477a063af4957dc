import { CHAT_SHARE, slowStep, stepCount } from '../choices.ts';
import type { ReactParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/** One agent's loop: reason (a chat), act (tool calls, one after another), observe (a checkpoint of what it knows). */
export async function runReact(run: Run, parameters: ReactParameters): Promise<void> {
  const steps = stepCount(parameters);
  const slow = slowStep(parameters);
  const chatMs = parameters.delay_ms * CHAT_SHARE;
  await run.worker('reasoner', async () => {
    for (let step = 0; step < steps; step++) {
      await run.chat(chatMs);
      const delayMs = parameters.delay_ms * (step === slow ? parameters.slow_factor : 1);
      for (let tool = 0; tool < parameters.tools_per_step; tool++)
        await run.toolCall({ tool: 'act', delayMs, call: step * parameters.tools_per_step + tool });
      await run.checkpoint('observation', { step });
    }
    await run.chat(chatMs);
  });
}
