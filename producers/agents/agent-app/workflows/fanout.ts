import { stragglerCall } from '../choices.ts';
import type { FanoutParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/** A planner offers `fanout` pieces of work at once; only `concurrency` of them find a slot. */
export async function runFanout(run: Run, parameters: FanoutParameters): Promise<void> {
  const straggler = stragglerCall(parameters);
  const delayOf = (call: number) =>
    parameters.delay_ms * (call === straggler ? parameters.straggler_factor : 1);
  await run.planner({ 'ati.fanout.width': parameters.fanout }, () =>
    run.inPool(parameters.concurrency, async (slots) => {
      const work = Array.from({ length: parameters.fanout }, (_, call) =>
        run.worker('researcher', () =>
          run.inSlot(slots, () => run.toolCall({ tool: 'search', delayMs: delayOf(call), call })),
        ),
      );
      await Promise.all(work);
    }),
  );
  await run.checkpoint('results', { results: run.toolCalls });
}
