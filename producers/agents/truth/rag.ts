import { chunkBytes, type RagParameters } from '../agent-app/parameters.ts';
import type { GroundTruth } from '../truth.ts';
import { SCATTER_MS, sum } from './ideal.ts';

/** What loopback carries where the tool does not hold its answer back, 10⁶ bytes a second. */
const LOOPBACK_MB_PER_S = 1000;

function variance(values: readonly number[]): number {
  const mean = sum(values) / values.length;
  return sum(values.map((each) => (each - mean) ** 2)) / values.length;
}

/**
 * Payload-bound (design §5): at least 3 sizes and 8 calls whose sizes explain 0.8 of the variance of their durations.
 * The rest of the variance is what equal calls scatter by.
 */
export function ragTruth(parameters: RagParameters): GroundTruth {
  const { rag_chunks: calls, rag_mb_per_s } = parameters;
  const bytes = Array.from({ length: calls }, (_, chunk) => chunkBytes(parameters, chunk));
  const sizes = new Set(bytes).size;
  const bytesPerMs = (rag_mb_per_s || LOOPBACK_MB_PER_S) * 1000;
  const explained = variance(bytes.map((each) => each / bytesPerMs));
  const rSquared = explained / (explained + SCATTER_MS ** 2);
  return {
    failures: [],
    insights: [
      {
        kind: 'payload',
        found: calls >= 8 && sizes >= 3 && rSquared >= 0.8,
        numbers: { calls, sizes, total_bytes: sum(bytes) },
      },
    ],
  };
}
