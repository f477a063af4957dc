import type { Slots } from '../../slots.ts';
import { BACKGROUND_START, SHARED_SLOTS } from '../choices.ts';
import type { StreamParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/** Streams tokens for `duration_s`, one call of `emit` a chunk, while background tool calls run; gives the chunks. */
export async function runStream(
  run: Run,
  parameters: StreamParameters,
  emit: (chunk: number) => void,
): Promise<number> {
  return run.inPool(SHARED_SLOTS, async (slots) => {
    const [chunks] = await Promise.all([
      streamTokens(run, slots, parameters, emit),
      runBackground(run, slots, parameters),
    ]);
    await run.checkpoint('transcript', { chunks });
    return chunks;
  });
}

function streamTokens(
  run: Run,
  slots: Slots,
  parameters: StreamParameters,
  emit: (chunk: number) => void,
): Promise<number> {
  const { interval_ms, own_tools, tool_delay_ms } = parameters;
  const durationMs = parameters.duration_s * 1000;
  return run.tokenStream({ 'ati.stream.interval_ms': interval_ms }, async (span) => {
    const start = run.world.now();
    const elapsed = () => run.world.now() - start;
    const offsets: number[] = [];
    let own = 0;
    try {
      while (elapsed() < durationMs) {
        await run.pause(interval_ms);
        if (run.stopped) break;
        await run.inSlot(slots, async () => {
          emit(offsets.length);
          offsets.push(Math.round(elapsed()));
        });
        // Its own tools come evenly spread; what follows them waits for them.
        if (own < own_tools && elapsed() >= (durationMs * (own + 1)) / (own_tools + 1)) {
          await run.toolCall({
            tool: 'lookup',
            delayMs: tool_delay_ms,
            call: parameters.background_fanout + own,
          });
          own++;
        }
      }
    } finally {
      // One attribute rather than one event a chunk: SDKs cap events at 128 a span.
      span.set({ 'ati.stream.token_offsets_ms': offsets });
    }
    return offsets.length;
  });
}

async function runBackground(run: Run, slots: Slots, parameters: StreamParameters): Promise<void> {
  if (parameters.background_fanout === 0) return;
  await run.pause(parameters.duration_s * 1000 * BACKGROUND_START);
  if (run.stopped) return;
  await run.planner({ 'ati.fanout.width': parameters.background_fanout }, async () => {
    const work = Array.from({ length: parameters.background_fanout }, (_, call) =>
      run.worker('indexer', () =>
        run.inSlot(slots, async () => {
          if (!run.stopped) await run.toolCall({ tool: 'index', delayMs: parameters.tool_delay_ms, call });
        }),
      ),
    );
    await Promise.all(work);
  });
}
