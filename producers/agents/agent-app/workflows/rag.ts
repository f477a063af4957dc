import { CHAT_SHARE } from '../choices.ts';
import { chunkBytes, type RagParameters } from '../parameters.ts';
import type { Run } from '../run.ts';

/**
 * An agent plans its query, retrieves the chunks, and answers from them. One after another, so that a chunk's time is its
 * own and not that of the others on the same wire.
 */
export async function runRag(run: Run, parameters: RagParameters): Promise<void> {
  const chatMs = parameters.delay_ms * CHAT_SHARE;
  await run.worker('librarian', async () => {
    await run.chat(chatMs);
    for (let chunk = 0; chunk < parameters.rag_chunks; chunk++)
      await run.toolCall({
        tool: 'retrieve',
        delayMs: parameters.delay_ms,
        call: chunk,
        payloadBytes: chunkBytes(parameters, chunk),
        mbPerS: parameters.rag_mb_per_s,
      });
    await run.chat(chatMs);
  });
  await run.checkpoint('answer', { chunks: parameters.rag_chunks });
}
