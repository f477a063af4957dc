import { CHAT_SHARE, slowBranch } from '../choices.ts';
import type { DagParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/**
 * A diamond: a planner forks `fanout` branches, as many at a time as there are; their join waits for the slowest, and an
 * aggregator answers.
 */
export async function runDag(run: Run, parameters: DagParameters): Promise<void> {
  const slow = slowBranch(parameters);
  const delayOf = (branch: number) => parameters.delay_ms * (branch === slow ? parameters.slow_factor : 1);
  await run.planner({ 'ati.fanout.width': parameters.fanout }, async () => {
    const branches = Array.from({ length: parameters.fanout }, (_, branch) =>
      run.worker('analyst', () => run.toolCall({ tool: 'analyse', delayMs: delayOf(branch), call: branch })),
    );
    await Promise.all(branches);
  });
  await run.worker('aggregator', async () => {
    await run.checkpoint('branches', { branches: parameters.fanout });
    await run.chat(parameters.delay_ms * CHAT_SHARE);
  });
}
