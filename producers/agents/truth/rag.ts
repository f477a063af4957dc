import { chunkBytes, type RagParameters } from '../agent-app/parameters.ts';
import type { GroundTruth } from '../truth.ts';
import { sum } from './ideal.ts';

/** What loopback carries where the tool does not hold its answer back, 10⁶ bytes a second. */
const LOOPBACK_MB_PER_S = 1000;

function variance(values: readonly number[]): number {
  const mean = sum(values) / values.length;
  return sum(values.map((each) => (each - mean) ** 2)) / values.length;
}

/** By how much the times of equal calls scatter (standard deviation): on a machine at rest, and on a busy one. */
const LEAST_SCATTER_MS = 0.2;
const MOST_SCATTER_MS = 2;
const MOST_SCATTER_SHARE = 0.01;

/**
 * Payload-bound (design §5): at least 3 sizes and 8 calls whose sizes explain 0.8 of the variance of their durations.
 * The rest of the variance is what equal calls scatter by; where that decides, either answer is right.
 */
export function ragTruth(parameters: RagParameters): GroundTruth {
  const { rag_chunks: calls, rag_mb_per_s, delay_ms } = parameters;
  const bytes = Array.from({ length: calls }, (_, chunk) => chunkBytes(parameters, chunk));
  const sizes = new Set(bytes).size;
  const bytesPerMs = (rag_mb_per_s || LOOPBACK_MB_PER_S) * 1000;
  const explained = variance(bytes.map((each) => each / bytesPerMs));
  const bound = (scatter: number) =>
    calls >= 8 && sizes >= 3 && explained / (explained + scatter ** 2) >= 0.8;
  const found = bound(MOST_SCATTER_MS + MOST_SCATTER_SHARE * delay_ms);
  if (calls < 2 || found !== bound(LEAST_SCATTER_MS)) return { failures: [], insights: [] };
  const numbers = { calls, sizes, total_bytes: sum(bytes) };
  return { failures: [], insights: [{ kind: 'payload', found, numbers }] };
}
