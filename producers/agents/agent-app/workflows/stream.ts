import { setTimeout as wait } from 'node:timers/promises';
import { Slots } from '../../slots.ts';
import type { StreamParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/** Time between two chunks of an undisturbed stream. */
export const CHUNK_INTERVAL_MS = 50;
/** The stream's chunks and the background calls share these slots, first in first out: chunks starve for real. */
const SHARED_SLOTS = 20;
/** The background work starts after this share of the stream, so that its undisturbed pace can be seen. */
const BACKGROUND_START = 0.2;

/** Streams tokens for `duration_s`, one call of `emit` a chunk, while background tool calls run. */
export async function runStream(
  run: Run,
  parameters: StreamParameters,
  emit: (chunk: number) => void,
): Promise<{ chunks: number }> {
  const slots = new Slots(SHARED_SLOTS);
  const durationMs = parameters.duration_s * 1000;
  const streaming = streamTokens(run, slots, durationMs, emit);
  const background = runBackground(run, slots, parameters, durationMs * BACKGROUND_START);
  const [chunks] = await Promise.all([streaming, background]);
  await run.checkpoint('transcript', { chunks });
  return { chunks };
}

function streamTokens(
  run: Run,
  slots: Slots,
  durationMs: number,
  emit: (chunk: number) => void,
): Promise<number> {
  return run.tokenStream({ 'ati.stream.interval_ms': CHUNK_INTERVAL_MS }, async (span) => {
    const start = performance.now();
    const offsets: number[] = [];
    while (performance.now() - start < durationMs) {
      await wait(CHUNK_INTERVAL_MS);
      await slots.use(async () => {
        emit(offsets.length);
        offsets.push(Math.round(performance.now() - start));
      });
    }
    // One attribute rather than one event a chunk: SDKs cap events at 128 a span.
    span.setAttribute('ati.stream.token_offsets_ms', offsets);
    return offsets.length;
  });
}

async function runBackground(
  run: Run,
  slots: Slots,
  parameters: StreamParameters,
  startMs: number,
): Promise<void> {
  if (parameters.background_fanout === 0) return;
  await wait(startMs);
  await run.planner({ 'ati.fanout.width': parameters.background_fanout }, async () => {
    const work = Array.from({ length: parameters.background_fanout }, (_, call) =>
      run.worker('indexer', () =>
        slots.use(() => run.toolCall({ tool: 'index', delayMs: parameters.tool_delay_ms, call })),
      ),
    );
    await Promise.all(work);
  });
}
