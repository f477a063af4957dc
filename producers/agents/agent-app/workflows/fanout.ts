import { Slots } from '../../slots.ts';
import type { FanoutParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/** A planner offers `fanout` pieces of work at once; only `concurrency` of them find a slot. */
export async function runFanout(run: Run, parameters: FanoutParameters): Promise<void> {
  const slots = new Slots(parameters.concurrency);
  await run.planner({ 'ati.fanout.width': parameters.fanout }, async () => {
    const work = Array.from({ length: parameters.fanout }, (_, call) =>
      run.worker('researcher', () =>
        slots.use(() => run.toolCall({ tool: 'search', delayMs: parameters.delay_ms, call })),
      ),
    );
    await Promise.all(work);
  });
  await run.checkpoint('results', { results: run.toolCalls });
}
