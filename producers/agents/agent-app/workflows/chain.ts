import type { ChainParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/** Each agent does its own work, then waits for the next one: a call stack of `depth` agents. */
export async function runChain(run: Run, parameters: ChainParameters): Promise<void> {
  const step = (position: number): Promise<void> =>
    run.worker(`agent-${position + 1}`, async () => {
      await run.toolCall({ tool: 'lookup', delayMs: parameters.delay_ms, call: position });
      if (position + 1 < parameters.depth) await step(position + 1);
    });
  await step(0);
  await run.checkpoint('answer', { depth: parameters.depth });
}
